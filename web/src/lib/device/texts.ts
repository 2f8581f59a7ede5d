// The texts of the pages about devices, fetched with them each time that one is opened: the language
// may be another by then.
import { language } from '../i18n/index.svelte';

const parts = { id: () => import('virtual:messages/id/device'), en: () => import('virtual:messages/en/device') };

export const texts = async () => language.add((await parts[language.lang]()).default);

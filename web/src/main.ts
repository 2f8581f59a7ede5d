import { mount } from 'svelte';
import App from './App.svelte';
import './app.css';
import { language } from './lib/i18n/index.svelte';
import { router } from './lib/router.svelte';
import { session } from './lib/store/session.svelte';
import { sync } from './lib/store/sync.svelte';
import { worker } from './lib/store/worker.svelte';

router.start();
void session.start();
void sync.start();
void language.start().finally(() => {
  const target = document.getElementById('app');
  if (target) mount(App, { target });
});
if (import.meta.env.PROD) void worker.start();

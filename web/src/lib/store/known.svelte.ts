// What every screen needs: the offices and the packs, kept for offline.
import { api } from '../api/client';
import type { Field, Office, OfficeList, Pack, RecordType, Schedule } from '../api/types';
import { language, maybe } from '../i18n/index.svelte';
import { Resource } from './resource.svelte';

class Known {
  offices = new Resource<OfficeList>('offices', () => api.offices(), false);
  packs = new Resource<Pack[]>('packs', loadPacks, false);

  byId = $derived(new Map((this.offices.data?.offices ?? []).map((office) => [office.id, office])));
  #loaded = false;

  async load(): Promise<void> {
    if (this.#loaded) return;
    this.#loaded = true;
    await Promise.all([this.offices.load(), this.packs.load()]);
    if (this.offices.offline || this.packs.offline) this.#loaded = false;
  }

  office(id: number | null | undefined): Office | undefined {
    return id == null ? undefined : this.byId.get(id);
  }

  pack(name: string): Pack | undefined {
    return this.packs.data?.find((pack) => pack.name === name);
  }

  /** `pack.type` → its pack and type. */
  type(key: string): { pack: Pack; type: RecordType } | undefined {
    const [name = '', own = ''] = key.split('.');
    const pack = this.pack(name);
    const type = pack?.types.find((each) => each.key === own);
    return pack && type ? { pack, type } : undefined;
  }

  /** A text of a pack in the person's language, else in the other, else the key. */
  text(pack: Pack | undefined, key: string): string {
    return this.textOr(pack, key) ?? key.slice(key.lastIndexOf('.') + 1).replaceAll('_', ' ');
  }

  textOr(pack: Pack | undefined, key: string): string | undefined {
    const other = language.lang === 'id' ? 'en' : 'id';
    return pack?.messages[language.lang]?.[key] ?? pack?.messages[other]?.[key];
  }

  typeName(key: string): string {
    const found = this.type(key);
    return found ? this.text(found.pack, `type.${found.type.key}`) : key;
  }

  fieldName(key: string, field: string): string {
    const found = this.type(key);
    return found ? this.text(found.pack, `field.${found.type.key}.${field}`) : field;
  }

  stateName(key: string, state: string): string {
    const found = this.type(key);
    return found ? this.text(found.pack, `state.${found.type.key}.${state}`) : state;
  }

  scheduleName(name: string): string {
    const [pack = '', own = ''] = name.split('.');
    const found = this.pack(pack);
    const schedule = found?.schedules.find((each: Schedule) => each.key === own);
    return this.textOr(found, `schedule.${own}`) ?? (schedule ? this.typeName(schedule.type) : name);
  }

  measureName(measure: string): string {
    const [pack = '', own = ''] = measure.split('.');
    return this.text(this.pack(pack), `measure.${own}`);
  }

  /** `office:province`, `period:month`, or a pack's dimension. */
  axisName(pack: Pack | undefined, axis: string): string {
    return maybe(`axis.${axis}`) ?? this.text(pack, `dim.${axis}`);
  }

  unit(pack: Pack | undefined, unit: string | null | undefined): string {
    return unit ? this.text(pack, `unit.${unit}`) : '';
  }
}

/** Fields that stand in a repeat group. */
export function groupFields(type: RecordType, group: string): Field[] {
  return type.fields.filter((field) => field.group === group);
}

async function loadPacks(): Promise<Pack[]> {
  const list = await api.packs();
  return Promise.all(list.map((info) => api.pack(info.name)));
}

export const known = new Known();

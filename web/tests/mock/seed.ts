// A few weeks of an ordinary region.
import type { Office } from '../../src/lib/api/types';
import { plusDays } from '../../src/lib/period';
import type { Actor, Records } from './records';

const EVENTS = [
  ['Banjir rob merendam permukiman pesisir', 'sosial', 'sedang'], ['Unjuk rasa buruh di kawasan industri', 'ekonomi', 'sedang'],
  ['Perselisihan batas desa', 'politik', 'rendah'], ['Kebakaran pasar tradisional', 'sosial', 'tinggi'], ['Antrean bahan bakar memanjang', 'ekonomi', 'rendah'],
  ['Tanah longsor menutup jalan kabupaten', 'sosial', 'kritis'], ['Penolakan pembangunan menara', 'budaya', 'rendah'], ['Kapal nelayan hilang kontak', 'hankam', 'tinggi'],
] as const;

export function seed(records: Records, offices: Office[], today: string): void {
  const incident = records.type('kejadian.kejadian')!;
  const daily = records.type('lapsit.harian')!;
  const near = offices.filter((office) => office.level === 'regency' && office.parent === 21);
  const verifier: Actor = { name: 'verifikator-kepri', office: 21, role: 'verifikator' };
  const now = Date.now();
  for (let i = 0; i < 90; i += 1) {
    const office = near[i % near.length]!;
    const actor: Actor = { name: `operator-${office.id}`, office: office.id, role: 'operator' };
    const at = now - (90 - i) * 5_400_000;
    const day = plusDays(today, -Math.floor((90 - i) / 8) - 1);
    if (i % 3 === 0) {
      const [judul, kategori, urgensi] = EVENTS[(i / 3) % EVENTS.length]!;
      const first = (key: string) => incident.fields.find((field) => field.key === key)?.choices[0]?.key ?? '';
      const held = records.create(actor, incident, office.id, null, {
        judul, kategori, jenis: first('jenis'), athg: 'gangguan', urgensi, tanggal: day, jam: '09:15',
        fakta: 'Menurut petugas di lapangan, keadaan terkendali pada siang hari.\nWarga dibantu aparat setempat.', sumber: first('sumber'),
        meninggal: 0, luka: i % 5, mengungsi: { missing: 'pendataan masih berlangsung' }, fasilitas_rusak: { na: true }, tindakan: 'Koordinasi dengan pemerintah kecamatan.',
      }, undefined, at);
      if (i % 9 === 0) records.move(verifier, held, 'kembalikan', [{ at: 'luka', reason: 'Berbeda dengan laporan puskesmas; mohon dicek.' }, { at: 'mengungsi', reason: 'Isi angka sementara bila ada.' }], null, at + 600_000);
      else if (i % 2 === 0) records.move(verifier, held, 'verifikasi', [], null, at + 600_000);
      if (i % 9 === 3) held.losers.push({ at: 'luka', value: 7, by_name: 'operator-malam', time: new Date(at).toISOString() });
      if (i % 9 === 0) held.comments.push({ text: 'Sudah kami teruskan ke dinas kesehatan.', author_name: actor.name, office_name: office.name, time: new Date(at + 900_000).toISOString() });
    } else {
      const period = plusDays(today, -Math.floor((90 - i) / near.length) - 1);
      const twice = [...records.held.values()].some((held) => held.type === daily.type && held.office === office.id && held.period === period);
      if (!twice) records.create(actor, daily, office.id, period, { nihil: true, kondisi: 'kondusif', ringkasan: 'Wilayah aman dan kondusif' }, undefined, at);
    }
  }
}

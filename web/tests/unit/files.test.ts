import { beforeEach, describe, expect, it, vi } from 'vitest';
import { NoLink, Refused } from '../../src/lib/api/client';
import type { Fields, Submission } from '../../src/lib/api/types';
import type { HeldFile } from '../../src/lib/store/db';

const held = new Map<string, HeldFile>();
vi.mock('../../src/lib/store/db', () => ({
  files: {
    ids: async () => [...held.keys()],
    get: async (id: string) => held.get(id),
    put: async (file: HeldFile) => void held.set(file.id, { ...file }),
    drop: async (id: string) => void held.delete(id),
  },
}));
const { fieldsOf, localFiles, prune, replaced } = await import('../../src/lib/store/files');
const { sendAgain, withFiles } = await import('../../src/lib/store/uploads');

const local = (id: string, size: number) => ({ local: id, size_bytes: size, media_type: 'image/jpeg', name: `${id}.jpg` });
const hold = (id: string, size: number, held_at = 0) => held.set(id, { id, name: `${id}.jpg`, media_type: 'image/jpeg', bytes: new ArrayBuffer(size), digest: null, held_at });
const fields = (): Fields => ({ judul: 'Banjir "local":', surat: local('c', 50), foto: [{ row: 3, gambar: local('a', 100), keterangan: 'Dermaga' }, { row: 7, gambar: local('b', 200) }, { row: 9 }], kosong: null });
const submission = (): Submission => ({ create: { type: 'kejadian.kejadian', submission: '1', office: 2171, fields: fields(), confirmed: [], record: '2' } }) as unknown as Submission;
const taken = (bytes: ArrayBuffer) => ({ digest: `d${bytes.byteLength}`, size_bytes: bytes.byteLength, media_type: 'image/jpeg', thumbnail: true });

beforeEach(() => {
  held.clear();
  hold('a', 100);
  hold('b', 200);
  hold('c', 50);
});

describe('files of a form', () => {
  it('are found with their places, and nothing else is taken for one', () => {
    expect(localFiles(fields()).map(({ at, file }) => [at, file.local])).toEqual([['surat', 'c'], ['foto[3].gambar', 'a'], ['foto[7].gambar', 'b']]);
    const sent = { digest: 'd', size_bytes: 100, media_type: 'image/jpeg', name: 'a.jpg' };
    const done = replaced(fields(), new Map([['a', sent]]));
    expect((done.foto as Fields[])[0]).toEqual({ row: 3, gambar: sent, keterangan: 'Dermaga' });
    expect((done.foto as Fields[])[1]!.gambar).toEqual(local('b', 200));
  });

  it('are sent before the form, with what was sent said', async () => {
    const said: number[] = [];
    const named = await withFiles(submission(), (sent, total) => said.push(sent / total), async (bytes, _, moved) => {
      moved(bytes.byteLength / 2);
      return taken(bytes);
    });
    expect(localFiles(fieldsOf(named))).toEqual([]);
    expect(fieldsOf(named).surat).toEqual({ digest: 'd50', size_bytes: 50, media_type: 'image/jpeg', name: 'c.jpg' });
    expect(said.at(-1)).toBe(1);
    expect([...said].sort((a, b) => a - b)).toEqual(said);
    expect(Object.values(named)[0]).toMatchObject({ type: 'kejadian.kejadian', submission: '1', record: '2' });
  });

  it('that were sent once are not sent again when the link is back', async () => {
    const sizes: number[] = [];
    const broken = withFiles(submission(), () => {}, async (bytes) => {
      if (sizes.length === 2) throw new NoLink();
      sizes.push(bytes.byteLength);
      return taken(bytes);
    });
    await expect(broken).rejects.toBeInstanceOf(NoLink);
    const again: number[] = [];
    const send = async (bytes: ArrayBuffer) => {
      again.push(bytes.byteLength);
      return taken(bytes);
    };
    await withFiles(submission(), () => {}, send);
    expect([sizes, again]).toEqual([[50, 100], [200]]);
    await sendAgain(submission());
    await withFiles(submission(), () => {}, send);
    expect(again).toEqual([200, 50, 100, 200]);
  });

  it('that the node refuses, or the phone lost, are refused at their place', async () => {
    const refused = withFiles(submission(), () => {}, async (bytes) => {
      if (bytes.byteLength === 200) throw new Refused(422, 'blob.kind', '', [{ code: 'blob.kind' }]);
      return taken(bytes);
    });
    await expect(refused).rejects.toMatchObject({ status: 422, problems: [{ code: 'blob.kind', at: 'foto[7].gambar' }] });
    held.delete('a');
    await expect(withFiles(submission(), () => {}, async (bytes) => taken(bytes))).rejects.toMatchObject({ code: 'form.file_unknown', problems: [{ at: 'foto[3].gambar' }] });
  });

  it('that nothing names are dropped, but not at once', async () => {
    hold('old', 10);
    hold('young', 10, Date.now());
    await prune([fields()]);
    expect([...held.keys()].sort()).toEqual(['a', 'b', 'c', 'young']);
  });
});

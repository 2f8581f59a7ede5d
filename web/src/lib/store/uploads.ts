// Sends the files of a submission before the submission itself. What was sent once is not sent
// again, after a reload either; the same bytes have the same digest, so that sending twice is safe.
import { NoLink, reach, refusalOf, Refused } from '../api/client';
import type { Submission, Uploaded } from '../api/types';
import { files } from './db';
import { fieldsOf, localFiles, replaced, type SentFile } from './files';

/** A link on which nothing moves for this long is none. */
const STILL_MS_MAX = 60_000;

export type Progress = (sent: number, total: number) => void;
type Send = (bytes: ArrayBuffer, media_type: string, moved: (sent: number) => void) => Promise<Uploaded>;

/** The submission with every file named by its digest, once the node has them all. */
export async function withFiles(submission: Submission, progress: Progress, send: Send = upload): Promise<Submission> {
  const fields = fieldsOf(submission);
  const local = localFiles(fields);
  const total = local.reduce((sum, { file }) => sum + file.size_bytes, 0);
  const sent = new Map<string, SentFile>();
  let before = 0;
  for (const { at, file } of local) {
    const held = await files.get(file.local);
    if (!held) throw gone(at);
    if (!held.digest) {
      const taken = await send(held.bytes, held.media_type, (moved) => progress(before + moved, total)).catch((error) => {
        throw error instanceof Refused ? placed(error, at) : error;
      });
      held.digest = taken.digest;
      held.media_type = taken.media_type;
      await files.put(held);
    }
    before += file.size_bytes;
    progress(before, total);
    sent.set(file.local, { digest: held.digest, size_bytes: held.bytes.byteLength, media_type: held.media_type, name: file.name });
  }
  const [[kind, inner]] = Object.entries(submission) as [[string, object]];
  return { [kind]: { ...inner, fields: replaced(fields, sent) } } as Submission;
}

/** Forgets that the node had the files: it says that it hasn't (any more). */
export async function sendAgain(submission: Submission): Promise<void> {
  for (const { file } of localFiles(fieldsOf(submission))) {
    const held = await files.get(file.local);
    if (held) await files.put({ ...held, digest: null });
  }
}

const gone = (at: string) => new Refused(422, 'form.file_unknown', '', [{ code: 'form.file_unknown', at }]);

function placed(error: Refused, at: string): Refused {
  const problems = error.problems.map((problem) => ({ ...problem, at: problem.at ?? at }));
  return new Refused(error.status, error.code, error.title, problems);
}

/** `fetch` can't say how far an upload is; this can. */
function upload(bytes: ArrayBuffer, media_type: string, moved: (sent: number) => void): Promise<Uploaded> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let timer: ReturnType<typeof setTimeout>;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), STILL_MS_MAX);
    };
    const lost = () => {
      clearTimeout(timer);
      reach.changed(false);
      reject(new NoLink());
    };
    request.open('POST', '/api/blobs');
    request.setRequestHeader('content-type', media_type);
    request.setRequestHeader('accept-language', document.documentElement.lang);
    request.upload.onprogress = (event) => {
      alive();
      moved(event.loaded);
    };
    request.onerror = lost;
    request.onabort = lost;
    request.onload = () => {
      clearTimeout(timer);
      reach.changed(true);
      if (request.status < 300) return resolve(JSON.parse(request.responseText) as Uploaded);
      reject(refusalOf(request.status, request.responseText));
    };
    alive();
    request.send(bytes);
  });
}

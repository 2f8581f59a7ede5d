// Pushes forms as documents with PouchDB's replication, as it comes.
// Usage: node pouchdb-client.mjs ORIGIN FORMS FOLDER [retry]; says `ready` when the documents are in
// its own database, pushes at a line on standard input, then prints `{"seconds":…,"written":…}`.
// NODE_EXTRA_CA_CERTS names the server's certificate.
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import PouchDB from 'pouchdb';

const [origin, file, folder, retry] = process.argv.slice(2);
// Without an agent node-fetch closes the connection after each request; browsers keep it.
const agent = new Agent({ keepAlive: true });
const fetch = (url, options) => PouchDB.fetch(url, { ...options, agent });

const forms = readFileSync(file, 'utf8').trim().split('\n');
const own = new PouchDB(join(folder, 'client'));
const documents = forms.map((line) => {
	const { record, ...form } = JSON.parse(line);
	return { _id: record, ...form };
});
for (const answer of await own.bulkDocs(documents)) {
	if (!answer.ok) throw new Error(`not stored: ${JSON.stringify(answer)}`);
}
console.log('ready');
await new Promise((resolve) => createInterface(process.stdin).once('line', resolve));

const server = new PouchDB(`${origin}/kejadian`, { fetch });
const begin = performance.now();
let written = retry ? await patiently() : (await own.replicate.to(server)).docs_written;
const seconds = (performance.now() - begin) / 1000;
// Of what was on its way when the link was cut, PouchDB doesn't count what arrived: the server does.
if (retry) written = (await server.info()).doc_count;
console.log(JSON.stringify({ seconds, written }));
process.exit(0);

// PouchDB only tries again where replication is live: it is done when it rests without an error.
function patiently() {
	return new Promise((resolve, reject) => {
		const push = own.replicate.to(server, { live: true, retry: true });
		push.on('paused', (error) => error ?? resolve());
		push.on('error', reject);
	});
}

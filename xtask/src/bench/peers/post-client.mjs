// Sends a gzipped POST per form, one after the other, over one kept connection.
// Usage: node post-client.mjs ORIGIN FORMS; says `ready`, begins at a line on standard input, then
// prints `{"seconds":…,"written":…}`. NODE_EXTRA_CA_CERTS names the server's certificate.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';

const [origin, file] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const bodies = readFileSync(file, 'utf8')
	.trim()
	.split('\n')
	.map((form) => gzipSync(`{"create":${form}}`, { level: 9 }));
console.log('ready');
await new Promise((resolve) => createInterface(process.stdin).once('line', resolve));

const begin = performance.now();
for (const body of bodies) await post(body);
console.log(JSON.stringify({ seconds: (performance.now() - begin) / 1000, written: bodies.length }));
process.exit(0);

function post(body) {
	const headers = {
		'content-type': 'application/json',
		'content-encoding': 'gzip',
		'content-length': body.length
	};
	return new Promise((resolve, reject) => {
		const sent = request(`${origin}/api/submissions`, { method: 'POST', agent, headers }, (answer) => {
			if (answer.statusCode !== 201) reject(new Error(`status ${answer.statusCode}`));
			answer.resume();
			answer.on('end', resolve);
		});
		sent.on('error', reject);
		sent.end(body);
	});
}

// Takes a gzipped form per POST over HTTPS, appends it durably, answers 201.
// Usage: node post-server.mjs ADDRESS PORT CERTIFICATE KEY FOLDER; says `ready` when it listens.
import { fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const [address, port, cert, key, folder] = process.argv.slice(2);
const log = openSync(join(folder, 'forms.jsonl'), 'a');
const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, answer) => {
	const parts = [];
	request.on('data', (part) => parts.push(part));
	request.on('end', () => {
		const { create } = JSON.parse(gunzipSync(Buffer.concat(parts)));
		writeSync(log, `${JSON.stringify(create)}\n`);
		fsyncSync(log);
		answer.writeHead(201, { 'content-type': 'application/json' });
		answer.end(JSON.stringify({ record: create.record }));
	});
});
// Longer than a lost packet's last repetition, or the client writes to a closed connection.
server.keepAliveTimeout = 120_000;
server.listen(Number(port), address, () => console.log('ready'));

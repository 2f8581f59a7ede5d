// express-pouchdb on LevelDB behind HTTPS.
// Usage: node pouchdb-server.mjs ADDRESS PORT CERTIFICATE KEY FOLDER; says `ready` when it listens.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import express from 'express';
import expressPouchDB from 'express-pouchdb';
import PouchDB from 'pouchdb';

const [address, port, cert, key, folder] = process.argv.slice(2);
const Stored = PouchDB.defaults({ prefix: join(folder, 'server-') });
const app = express();
app.use('/', expressPouchDB(Stored, { mode: 'minimumForPouchDB', inMemoryConfig: true }));
createServer({ cert: readFileSync(cert), key: readFileSync(key) }, app).listen(
	Number(port),
	address,
	() => console.log('ready')
);

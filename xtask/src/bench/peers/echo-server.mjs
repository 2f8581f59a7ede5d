// Answers each message on a TLS 1.3 connection with a shorter one.
// Usage: node echo-server.mjs ADDRESS PORT CERTIFICATE KEY FOLDER REPLY_BYTES; says `ready`.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';

const [address, port, cert, key, , replyBytes] = process.argv.slice(2);
const reply = Buffer.alloc(Number(replyBytes), 1);
const options = { cert: readFileSync(cert), key: readFileSync(key), minVersion: 'TLSv1.3' };
const server = createServer(options, (socket) => {
	socket.setNoDelay(true);
	socket.on('data', () => socket.write(reply));
	socket.on('error', () => {});
});
server.listen(Number(port), address, () => console.log('ready'));

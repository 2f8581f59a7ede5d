// Sends one message on an open TLS 1.3 connection at each line on standard input and prints
// `{"seconds":…,"written":1}` when the reply has come.
// Usage: node echo-client.mjs ADDRESS PORT MESSAGE_BYTES; says `ready` once the connection is open
// and has been used. NODE_EXTRA_CA_CERTS names the server's certificate.
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';

const [host, port, messageBytes] = process.argv.slice(2);
const message = Buffer.alloc(Number(messageBytes), 1);
const socket = connect({ host, port: Number(port), minVersion: 'TLSv1.3' });
socket.setNoDelay(true);
await new Promise((resolve) => socket.once('secureConnect', resolve));

function exchange() {
	return new Promise((resolve) => {
		socket.once('data', resolve);
		socket.write(message);
	});
}

await exchange();
console.log('ready');
for await (const _ of createInterface(process.stdin)) {
	const begin = performance.now();
	await exchange();
	console.log(JSON.stringify({ seconds: (performance.now() - begin) / 1000, written: 1 }));
}
process.exit(0);

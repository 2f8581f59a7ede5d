// Serves dist and the stand-in for the node on port 8321.
import { runnerImport } from 'vite';

const { module } = await runnerImport(new URL('../tests/mock/server.ts', import.meta.url).pathname);
const { url } = await module.start(Number(process.env.PORT ?? 8321));
process.stdout.write(`${url}\n`);

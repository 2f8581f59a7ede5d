// Where the page is: BASE_URL, or the stand-in for the node.
import { start } from '../mock/server';

export default async function setup(): Promise<() => void> {
  if (process.env.PAGE_URL) return () => {};
  const { url, close } = await start(0);
  process.env.PAGE_URL = url;
  return close;
}

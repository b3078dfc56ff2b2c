/**
 * Follows a region in 30 lines: `npm run follow -- region:11 http://127.0.0.1:8080`.
 * Prints the link state when it changes and each key that moves.
 */
import WebSocket from 'ws';
import { Client, Refused } from '../src/feed/index.ts';

const [feed = 'region:11', server = 'http://127.0.0.1:8080'] = process.argv.slice(2);

async function demoToken(): Promise<string> {
  const answer = await fetch(`${server}/demo/token`, { method: 'POST' });
  if (answer.status >= 400 && answer.status < 500) throw new Refused('sign_in', 'no demo token here');
  return ((await answer.json()) as { token: string }).token;
}

const client = new Client({
  urls: [`${server.replace(/^http/, 'ws')}/ws`], // several nodes: several addresses
  token: demoToken,
  socket: WebSocket,
  linked: (link, why) => console.log(`link ${link} ${why}`.trimEnd()),
  changed: (reader, step) => {
    const keys = step.reset ? reader.board().map((e) => e.key) : (step.changed ?? []);
    for (const key of keys) console.log(key, JSON.stringify(reader.get(key)?.value ?? null));
  },
  halted: ({ code, message }) => {
    console.error(`stopped: ${code} ${message}`);
    process.exit(1);
  },
});
client.follow(feed);
client.start();

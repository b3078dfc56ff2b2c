/**
 * What a screen remembers over a reload without a network, in IndexedDB: small,
 * and nothing clinical is ever given to it. Where the browser refuses its store,
 * nothing is remembered, and nothing else changes.
 */
import { clear, get, set } from 'idb-keyval';

export async function recall<T>(name: string): Promise<T | null> {
  try {
    return (await get<T>(name)) ?? null;
  } catch {
    return null;
  }
}

export async function remember(name: string, value: unknown): Promise<void> {
  try {
    await set(name, value);
  } catch {
    return;
  }
}

/** For whoever signs in next. */
export async function forgetAll(): Promise<void> {
  try {
    await clear();
  } catch {
    return;
  }
}

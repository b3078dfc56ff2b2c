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

/** Somebody left: what this page still holds is nobody's to remember. */
let left = false;

export async function remember(name: string, value: unknown): Promise<void> {
  if (left) return;
  try {
    await set(name, value);
  } catch {
    return;
  }
}

/** For whoever signs in next. This page remembers nothing more, also when it is left with its boards still live. */
export async function forgetAll(): Promise<void> {
  left = true;
  try {
    await clear();
  } catch {
    return;
  }
}

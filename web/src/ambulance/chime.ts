/** What a takeover sounds like: short for good news, long and falling for a yes that was taken back. */
const NOTES: Readonly<Record<'good' | 'bad', readonly number[]>> = {
  good: [659, 880],
  bad: [587, 440, 587, 440],
};
/** Seconds of one note. */
const NOTE_S = 0.22;

let context: AudioContext | null = null;

/** A browser lets a page sound only after somebody pressed something: to be called on the first press. */
export function unlock(): void {
  context ??= new AudioContext();
  void context.resume();
}

/** Sounds, and shakes the tablet; silent where the browser does not let it. */
export function chime(kind: 'good' | 'bad'): void {
  navigator.vibrate?.(kind === 'good' ? [200, 100, 200] : [500, 150, 500, 150, 500]);
  if (context?.state !== 'running') return;
  NOTES[kind].forEach((hz, i) => note(context!, hz, context!.currentTime + i * NOTE_S));
}

function note(audio: AudioContext, hz: number, at: number): void {
  const tone = new OscillatorNode(audio, { type: 'triangle', frequency: hz });
  const level = new GainNode(audio, { gain: 0 });
  level.gain.setValueAtTime(0, at);
  level.gain.linearRampToValueAtTime(0.6, at + 0.02);
  level.gain.linearRampToValueAtTime(0, at + NOTE_S);
  tone.connect(level).connect(audio.destination);
  tone.start(at);
  tone.stop(at + NOTE_S);
}

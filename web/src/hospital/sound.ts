/** The loudspeaker: all that knows of Web Audio. */
import { PARTIALS, tonesOf, type Tune } from './alarm.ts';

export interface Speaker {
  /** Sound comes out, as far as a browser knows. */
  readonly running: boolean;
  /** Asks the browser for sound; after a press it is given. */
  wake(): Promise<void>;
  /** Whether it is played. */
  play(tune: Tune, loud: boolean): boolean;
  close(): void;
}

const EDGE = 0.012; // seconds: a tone that begins at once clicks

/** `changed` is called when sound begins or ceases to run. */
export function speakerOf(changed: () => void): Speaker {
  const audio = new AudioContext();
  const wave = audio.createPeriodicWave([0, ...PARTIALS.map(() => 0)], [0, ...PARTIALS]);
  audio.addEventListener('statechange', changed);
  const tone = (hz: number, from: number, seconds: number, strength: number): void => {
    const [osc, gain] = [audio.createOscillator(), audio.createGain()];
    osc.setPeriodicWave(wave);
    osc.frequency.value = hz;
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(strength, from + EDGE);
    gain.gain.setValueAtTime(strength, from + seconds - EDGE);
    gain.gain.linearRampToValueAtTime(0, from + seconds);
    osc.connect(gain).connect(audio.destination);
    osc.start(from);
    osc.stop(from + seconds);
  };
  return {
    get running() {
      return audio.state === 'running';
    },
    async wake() {
      if (audio.state !== 'running') await audio.resume().catch(() => {}); // then a press has to come first
      changed();
    },
    play(tune, loud) {
      if (audio.state !== 'running') return false;
      const now = audio.currentTime + 0.02;
      for (const t of tonesOf(tune, loud)) tone(t.hz, now + t.at, t.for, loud ? 0.9 : 0.55);
      return true;
    },
    close: () => void audio.close(),
  };
}

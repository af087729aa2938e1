import { csiView, embedVector, type Sample, type VectorView } from '../src/index.ts'
import { randomStream } from '../src/random.ts'

/** Readings of a door seen by radio, made up: each state bends amplitudes and phases another way. */

export interface Holds {
  states: string[]
  /** Readings of each state in each hold. */
  each: number
  holds?: number
  /** Of the numbers, as a part of what the state does to them. */
  noise?: number
  seed?: number
  view?: VectorView
  everyMs?: number
}

/** A packet of 53 amplitudes and 53 phases: subcarrier 26 is dead, phases are turned and tilted as clocks do. */
export function packet(bend: number, noise: number, random: () => number): Float32Array {
  const reading = new Float32Array(106)
  const [turn, tilt] = [6 * random() - 3, 0.4 * random() - 0.2]
  for (let i = 0; i < 53; i++) {
    if (i === 26) continue
    reading[i] = 15 + 3 * Math.sin(i / 9 + bend) + noise * gauss(random)
    const phase = turn + tilt * i + 0.8 * Math.cos(i / 7 + bend) + 0.3 * noise * gauss(random)
    reading[53 + i] = Math.atan2(Math.sin(phase), Math.cos(phase))
  }
  return reading
}

export function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

export function samplesOf({
  states,
  each,
  holds = 2,
  noise = 0.5,
  seed = 1,
  view = csiView(),
  everyMs = 100,
}: Holds): Sample[] {
  const random = randomStream(seed)
  let at = 1_795_286_400_000
  return Array.from({ length: holds }, () => {
    at += 600_000
    return states.flatMap((state, k) => {
      at += 5000
      const window: Float32Array[] = []
      return Array.from({ length: each }, (): Sample => {
        window.push(packet(k * 0.35, noise, random))
        at += everyMs
        return {
          frame: `pi/wifi/${at}`,
          capturedAtMs: at,
          state,
          features: [embedVector(window.slice(-view.window), view)],
        }
      })
    })
  }).flat()
}

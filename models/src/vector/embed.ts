import { ModelsError } from '../models-error.ts'
import { straightened } from './phase.ts'
import { embeddedLength, lengthOf, rangesOf, type VectorView } from './view.ts'

/** A number beyond this is no measurement, and its square would be no number any more in 32 bits. */
const MOST = 1e15
/** Only what is called so is taken for one: another value beside a phase is a measurement of its own. */
const AMPLITUDE = 'amplitude'

/**
 * What a model of vectors sees of a look: for each part of the view its numbers, phases unwrapped and without their
 * trend, and a part called `amplitude` without the receiver's gain where there are phases. Of a window of several readings
 * it is each number's mean, its deviation, and the mean of the differences from one reading to the next, without their sign.
 * @param window the readings, the newest last; fewer than the view's window are allowed, and only the newest of more count
 * @returns `[embeddedLength(view)]`, part by part, within a part measure by measure
 * @throws ModelsError `bad_reading`: no reading, one of another length, or a number that is none
 */
export function embedVector(window: readonly Float32Array[], view: VectorView): Float32Array {
  const readings = window.slice(-view.window).map((reading) => seen(reading, view))
  const newest = readings.at(-1)
  if (!newest) throw new ModelsError('bad_reading', 'caller', 'there is no reading to look at')
  if (view.window === 1) return newest
  const embedding = new Float32Array(embeddedLength(view))
  let start = 0
  rangesOf(view).forEach(({ from }, part) => {
    const { length } = view.parts[part] as VectorView['parts'][number]
    for (let i = 0; i < length; i++) {
      const { mean, deviation, difference } = measured(readings, start + i)
      embedding[from + i] = mean
      embedding[from + length + i] = deviation
      embedding[from + 2 * length + i] = difference
    }
    start += length
  })
  return embedding
}

/** Whether a reading can be looked at. @returns null, or what is wrong with it, in words */
export function flawOf(reading: ArrayLike<number>, view: Pick<VectorView, 'parts'>): string | null {
  const length = lengthOf(view)
  if (reading.length !== length)
    return `a reading of ${reading.length} numbers, where ${length} are expected: send as many as before, or make the sensor anew`
  for (let i = 0; i < length; i++)
    if (!(Math.abs(reading[i] as number) <= MOST))
      return `number ${i + 1} of ${length} is ${reading[i]}, which is no measurement`
  return null
}

/** One reading, each part as its kind asks. */
function seen(reading: Float32Array, view: VectorView): Float32Array {
  const flaw = flawOf(reading, view)
  if (flaw) throw new ModelsError('bad_reading', 'caller', flaw)
  const numbers = Float32Array.from(reading)
  let start = 0
  for (const { kind, length } of view.parts) {
    if (kind === 'phase') {
      const amplitudes = amplitudesOf(numbers, view, length)
      const phases = reading.subarray(start, start + length)
      numbers.set(
        straightened(phases, (index) => amplitudes?.[index] === 0),
        start,
      )
      if (amplitudes) evenOut(amplitudes)
    }
    start += length
  }
  return numbers
}

/** The amplitudes that belong to phases, as many as these: nothing was received where one is zero. Null where there are none. */
function amplitudesOf(numbers: Float32Array, { parts }: VectorView, length: number): Float32Array | null {
  let start = 0
  for (const part of parts) {
    if (part.kind === 'value' && part.name === AMPLITUDE && part.length === length)
      return numbers.subarray(start, start + length)
    start += part.length
  }
  return null
}

/** Receivers turn up their gain as they like, packet by packet: what counts is each amplitude beside the mean of all. */
function evenOut(amplitudes: Float32Array): void {
  const mean = amplitudes.reduce((sum, value) => sum + value, 0) / amplitudes.length
  if (mean > 0) for (let i = 0; i < amplitudes.length; i++) amplitudes[i] = (amplitudes[i] as number) / mean
}

function measured(readings: Float32Array[], index: number) {
  let [sum, squares, steps] = [0, 0, 0]
  readings.forEach((reading, i) => {
    const value = reading[index] as number
    sum += value
    if (i > 0) steps += Math.abs(value - (readings[i - 1]?.[index] as number))
  })
  const mean = sum / readings.length
  for (const reading of readings) squares += ((reading[index] as number) - mean) ** 2
  const difference = readings.length > 1 ? steps / (readings.length - 1) : 0
  return { mean, deviation: Math.sqrt(squares / readings.length), difference }
}

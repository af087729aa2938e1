import type { Image, Samples } from '@ajar/images'

/** What one picture has more than another of the same size, in floating point; blank where either is. */
export function difference(minuend: Image, subtrahend: Image): Image {
  const [a, b] = [minuend.samples, subtrahend.samples]
  const samples = floating(a, b)
  for (let i = 0; i < samples.length; i++) samples[i] = (a[i] as number) - (b[i] as number)
  return { width: minuend.width, height: minuend.height, planes: minuend.planes, samples }
}

/** Each sample divided by one number, in floating point; blank stays blank. */
export function quotient({ width, height, planes, samples }: Image, divisor: number): Image {
  const divided = floating(samples)
  for (let i = 0; i < divided.length; i++) divided[i] = (samples[i] as number) / divisor
  return { width, height, planes, samples: divided }
}

/** 32 bits where they hold what comes of 8 and 16 bits, and of 32-bit floats; else 64. */
function floating(...of: Samples[]): Float32Array | Float64Array {
  const long = of.some((samples) => samples instanceof Float64Array || samples instanceof Int32Array)
  const length = of[0]?.length ?? 0
  return long ? new Float64Array(length) : new Float32Array(length)
}

import type { Shape } from '@ajar/images'
import { mustMatch, type Picture, type SampleType } from './pictures.ts'
import { inTurn } from './read-ahead.ts'

/** What many pictures have in common. */
export interface Survey extends Shape {
  /** The smallest type that holds the samples of all. */
  of: SampleType
}

/** Opens all pictures to see whether they are of one size, before any of them costs more. @throws OperationError, ImageError */
export async function survey(pictures: readonly Picture[]): Promise<Survey> {
  let first: { name: string; shape: Survey } | undefined
  await inTurn(
    pictures,
    async ({ open }) => {
      const reader = await open()
      const { width, height, planes, sampleType } = reader
      await reader.close()
      return { width, height, planes, of: sampleType }
    },
    (shape, i) => {
      const here = { name: pictures[i]?.name ?? '', shape }
      if (!first) first = { name: here.name, shape: { ...shape } }
      mustMatch(first, here)
      first.shape.of = wider(first.shape.of, shape.of)
    },
    8,
  )
  if (!first) throw new TypeError('no pictures')
  return first.shape
}

/** The smallest type that holds all values of both. */
export function wider(a: SampleType, b: SampleType): SampleType {
  if (a === b) return a
  const both = new Set([a, b])
  if (both.has('f64')) return 'f64'
  // 24 bits of an f32 hold the 16-bit types and no i32.
  if (both.has('f32')) return both.has('i32') ? 'f64' : 'f32'
  if (both.has('i32')) return 'i32'
  if (both.has('u8')) return both.has('i16') ? 'i16' : 'u16'
  return 'i32'
}

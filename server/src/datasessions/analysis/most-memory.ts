import type { ImageReader } from '@ajar/images'
import { AnalysisError } from './requests.ts'

/** Bytes that a thread may hold for one question: threads live in the server, which has frames to take in meanwhile. */
const MOST_BYTES = 256e6

const BYTES_OF: Record<ImageReader['sampleType'], number> = { u8: 1, i16: 2, u16: 2, i32: 4, f32: 4, f64: 8 }

/**
 * Asked before anything is read.
 * @param samples how many of them are held at once
 * @param more bytes that are made of each besides
 * @throws AnalysisError
 */
export function requireMemory({ sampleType }: Pick<ImageReader, 'sampleType'>, samples: number, more = 0) {
  if (samples * (BYTES_OF[sampleType] + more) > MOST_BYTES)
    throw new AnalysisError(
      `This picture is too large for that: it would take more than ${MOST_BYTES / 1e6} MB of memory at once. ` +
        'Crop it first, or download it as it is.',
    )
}

/** JPEGs, PNGs and TIFFs are decoded as a whole, and rows are cut out of that; of FITS only the rows are read. */
export function requireDecodable(reader: ImageReader) {
  if (reader.cards.length === 0) requireMemory(reader, reader.width * reader.height * reader.planes)
}

import { toJpeg } from '@ajar/images'
import { blacken, type Mask } from '@ajar/models'
import type { InputFile, OperationWork } from '../operation.ts'

/**
 * What a model is shown of a file: a frame as it would come now, under its camera's masks; what is no JPEG as one.
 * @throws ImageError, DecodeError
 */
export async function jpegOf(work: OperationWork, file: InputFile, masks: Mask[]): Promise<Uint8Array> {
  const bytes = await work.bytes(file)
  const jpeg = isJpeg(bytes) ? bytes : await toJpeg(await work.load(file), { stretch: null })
  return masks.length === 0 ? jpeg : blacken(jpeg, masks)
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8
}

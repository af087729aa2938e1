import sharp from 'sharp'

/** A whole JPEG of one colour; another number makes another picture. */
export async function plainJpeg(number = 0, width = 64, height = 48): Promise<Uint8Array> {
  const background = { r: (number * 37) % 256, g: (number * 91) % 256, b: (number * 13) % 256 }
  const jpeg = await sharp({ create: { width, height, channels: 3, background } })
    .jpeg()
    .withExif({ IFD0: { ImageDescription: `picture ${number}` } })
    .toBuffer()
  return new Uint8Array(jpeg)
}

import { asStored, type Box, boxAround, type MaskPoint, type Region } from './polygon.ts'

/** What is looked at of a frame: its crop, and what of the crop is not looked at. */
export interface View {
  /** As the picture is stored. */
  box: Box
  /** Pixels of the square picture whose centres lie outside the region, counted row by row. */
  outside: Uint32Array
}

/** A region is drawn once for each way its frames are turned, not once for each frame. */
const drawn = new WeakMap<Region, Map<number, View>>()

/**
 * The view of a region; the same array of corners is asked for again and again.
 * @param orientation how the frame is turned (EXIF)
 * @param size width and height of the picture that the crop becomes, in pixels
 */
export function viewOf(region: Region, orientation: number, size: number): View {
  const views = drawn.get(region) ?? new Map<number, View>()
  drawn.set(region, views)
  let view = views.get(orientation)
  if (!view) {
    view = draw(
      region.map((corner) => asStored(corner, orientation)),
      size,
    )
    views.set(orientation, view)
  }
  return view
}

function draw(corners: MaskPoint[], size: number): View {
  const box = boxAround(corners)
  const { x, y, width, height } = box
  const scaled = corners.map((corner) => ({
    x: ((corner.x - x) / width) * size,
    y: ((corner.y - y) / height) * size,
  }))
  const outside: number[] = []
  for (let row = 0; row < size; row++) {
    const crossings = crossingsOf(scaled, row + 0.5)
    for (let column = 0; column < size; column++) {
      const winding = crossings.reduce((sum, { x, turn }) => (x <= column + 0.5 ? sum + turn : sum), 0)
      if (winding === 0) outside.push(row * size + column)
    }
  }
  // Too thin for the centre of any pixel: rather its surroundings than nothing at all.
  const all = outside.length === size * size
  return { box, outside: Uint32Array.from(all ? [] : outside) }
}

/** Where a row crosses the edges, and which way each goes: as masks are filled, also where edges cross (non-zero). */
function crossingsOf(corners: MaskPoint[], y: number): { x: number; turn: number }[] {
  return corners.flatMap((from, i) => {
    const to = corners[(i + 1) % corners.length] ?? from
    if (from.y <= y === to.y <= y) return []
    return [{ x: from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x), turn: from.y < to.y ? 1 : -1 }]
  })
}

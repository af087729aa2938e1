import { type StateKeys, stateOf, UNDO } from './keys.ts'
import { markOf } from './marks.ts'
import type { Sheet } from './sheet.ts'

/** Keys hold for the whole page, but not where one writes, and not behind a dialog. */
export function onDeskKey(event: KeyboardEvent, sheet: Sheet, keys: StateKeys[]) {
  const target = event.target as Element
  if (event.defaultPrevented || event.altKey || target.closest('input, select, textarea, dialog')) return
  const { key, shiftKey } = event
  const withControl = event.ctrlKey || event.metaKey
  const isUndo = key.toLowerCase() === (withControl ? 'z' : UNDO)
  if (withControl && !isUndo) return
  const state = isUndo ? null : (stateOf(key, keys) ?? markOf(key))
  const isSaying = isUndo || state !== null || (key === 'Enter' && target.closest('.label-buttons') !== null)
  // A key that is held down goes through frames, but says nothing of those that nobody looked at.
  if (event.repeat && isSaying) return event.preventDefault()
  if (isUndo) sheet.undo()
  else if (state !== null) sheet.label(state)
  else if (key === 'ArrowRight') sheet.moveBy(1, shiftKey)
  else if (key === 'ArrowLeft') sheet.moveBy(-1, shiftKey)
  else if (key === 'ArrowDown' || key === 'ArrowUp') sheet.moveBy((key === 'ArrowDown' ? 1 : -1) * columns(), shiftKey)
  else if (key === 'Home') sheet.moveTo(0, shiftKey)
  else if (key === 'End') sheet.moveTo(sheet.frames.value.length - 1, shiftKey)
  else return
  event.preventDefault()
}

/** Up and down go by the rows that are seen. */
function columns(): number {
  const tiles = [...document.querySelectorAll<HTMLElement>('.frame-tile')]
  const first = tiles[0]?.offsetTop
  return Math.max(1, tiles.filter(({ offsetTop }) => offsetTop === first).length)
}

import { expect, test } from 'vitest'
import { ApiError } from '../src/api/client.ts'
import { copiedInWords } from '../src/pages/camera/what-to-copy.tsx'
import { uploadFault } from '../src/pages/models/upload-fault.ts'
import { importFault } from '../src/pages/teach/import-faults.ts'
import { whyInWords } from '../src/pages/teach/why.ts'
import { rectangle } from '../src/picture/polygon.ts'

/** What pages say in words of their own. */

test('an import of unknown folders says what to do on the page, not by the API', () => {
  const message =
    'the camera has no state ajar; its states are closed, open: rename the folders, or import with states=add'
  const said = importFault({ code: 'unknown_state', message })
  expect(said).toMatch(
    /^the camera has no state ajar; its states are closed, open: rename the folders, or tick "Folders/,
  )
  expect(said).not.toContain('states=add')
  expect(importFault({ code: 'damaged', message: 'it is no zip' })).toBe('it is no zip')
})

test('a model of other states says where these are set', () => {
  const error = new ApiError(400, 'other_states', 'pi/door@1 does not know ajar: make them the same first')
  expect((uploadFault(error, 'pi/gate') as Error).message).toBe(
    "pi/door@1 does not know ajar: name the states of pi/gate as the model's (Teach, then States), or upload it to the " +
      'camera that it is of.',
  )
  const other = new ApiError(400, 'bad_model', 'no manifest.json')
  expect(uploadFault(other, 'pi/gate')).toBe(other)
})

test('what a camera was given is listed', () => {
  expect([['model', 'states'], ['labels'], ['model', 'labels', 'settings']].map(copiedInWords)).toEqual([
    'states and the model',
    'labels',
    'settings, labels and the model',
  ])
})

test('a frame that is chosen for its time only says so beside the picture, and not on each tile', () => {
  expect(whyInWords('newest')).toEqual({ short: null, long: 'Far in time from those that have a label.' })
})

test('a rectangle is dragged in any direction; a hand that only clicks drags none', () => {
  expect(rectangle({ x: 0.8, y: 0.6 }, { x: 0.2, y: 0.1 })).toEqual([
    { x: 0.2, y: 0.1 },
    { x: 0.8, y: 0.1 },
    { x: 0.8, y: 0.6 },
    { x: 0.2, y: 0.6 },
  ])
  expect(rectangle({ x: 0.5, y: 0.5 }, { x: 0.51, y: 0.9 })).toBeNull()
})

import { expect, test } from 'vitest'
import { ApiError } from '../src/api/client.ts'
import { type SendFile, Uploading } from '../src/upload/uploading.ts'

/** A zip on its way: what is refused before it is sent, how far it is, and what ends it. */

const zip = (bytes: number, name = 'doors.zip') => new File([new Uint8Array(bytes)], name)

function uploadOf(send: SendFile<string>, most: number | null = 1000) {
  const taken: string[] = []
  const uploading = new Uploading<string>({ send, most, onTaken: (answer) => taken.push(answer) })
  return { uploading, taken }
}

test('it is followed to its end, and another one can begin then', async () => {
  const sent = Promise.withResolvers<string>()
  let tell = (_share: number) => {}
  const { uploading, taken } = uploadOf((_file, onSent) => {
    tell = onSent
    return sent.promise
  })
  const done = uploading.begin(zip(10))
  expect(uploading.step.value).toEqual({ step: 'sending', name: 'doors.zip', sent: 0 })
  tell(0.5)
  expect(uploading.step.value).toMatchObject({ sent: 0.5 })
  await uploading.begin(zip(10, 'other.zip')) // one at a time
  expect(uploading.step.value).toMatchObject({ name: 'doors.zip' })
  sent.resolve('job')
  await done
  expect(uploading.step.value).toEqual({ step: 'taken', name: 'doors.zip' })
  tell(0.7) // late
  expect(uploading.step.value).toEqual({ step: 'taken', name: 'doors.zip' })
  await uploading.begin(zip(20))
  expect(taken).toEqual(['job', 'job'])
})

test('what the server would have to refuse is not sent', async () => {
  let sent = 0
  const { uploading } = uploadOf(async () => String(sent++))
  for (const [file, words] of [
    [zip(10, 'door.jpg'), 'door.jpg is no zip'],
    [zip(0), 'doors.zip is empty'],
    [zip(1001), '0.1 MB are the most'],
  ] as const) {
    await uploading.begin(file)
    expect(uploading.step.value).toMatchObject({ step: 'failed', message: expect.stringContaining(words) })
  }
  expect(sent).toBe(0)
  await uploading.begin(zip(10, 'DOORS.ZIP'))
  expect(sent).toBe(1)
})

test('what the server says is wrong stands there until the next attempt', async () => {
  let fails = true
  const { uploading } = uploadOf(async () => {
    if (fails) throw new ApiError(400, 'bad_zip', 'The zip holds no manifest.')
    return 'model'
  })
  await uploading.begin(zip(10))
  expect(uploading.step.value).toMatchObject({ step: 'failed', message: 'The zip holds no manifest.' })
  fails = false
  await uploading.begin(zip(10))
  expect(uploading.step.value).toMatchObject({ step: 'taken' })
})

test('one that is cancelled leaves nothing behind', async () => {
  const { uploading, taken } = uploadOf(
    (_file, _onSent, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
  )
  const done = uploading.begin(zip(10))
  uploading.cancel()
  await done
  expect(uploading.step.value).toEqual({ step: 'idle' })
  expect(taken).toEqual([])
})

import { beforeEach, expect, test, vi } from 'vitest'
import { PictureLoader } from '../src/picture/picture-loader.ts'
import { openAt, serve, stub } from './browser.ts'

/** An image whose fate the test decides. */
class Picture {
  static asked: Picture[] = []
  alt = ''
  src = ''
  readonly #fate = Promise.withResolvers<void>()

  decode(): Promise<void> {
    Picture.asked.push(this)
    return this.#fate.promise
  }

  async come() {
    this.#fate.resolve()
    await settle()
  }

  async fail() {
    this.#fate.reject(new Error('cannot be decoded'))
    await settle()
  }

  get frame(): string | undefined {
    return /frames\/(.*)\/image/.exec(this.src)?.[1]
  }
}

const settle = () => vi.advanceTimersByTimeAsync(0)
const newest = () => Picture.asked.at(-1) as Picture
const asked = () => Picture.asked.length
let content: Picture[]
let place: { dataset: { picture?: string } }
let loader: PictureLoader
let status: number

beforeEach(() => {
  vi.useFakeTimers()
  openAt('/')
  Picture.asked = []
  content = []
  status = 404
  stub('Image', Picture)
  let look = (_entries: object[]) => {}
  stub(
    'IntersectionObserver',
    class {
      constructor(onChange: typeof look) {
        look = onChange
      }
      observe() {}
      disconnect() {}
    },
  )
  serve(() => [status, {}])
  const made = { dataset: {}, replaceChildren: (...children: Picture[]) => (content = children) }
  place = made
  loader = new PictureLoader(made as unknown as HTMLElement, 320)
  loader.start()
  look([{ isIntersecting: true }])
  return () => {
    loader.close()
    vi.useRealTimers()
  }
})

const live = (frame: string | null) => loader.show({ frame, alt: 'newest' })
const choose = (frame: string) => loader.show({ frame, alt: 'chosen', isChosen: true })
const shown = () => content.map(({ frame }) => frame)

test('a newer picture takes the place of the old one when it is there, and not before', async () => {
  live('pi/cam/1')
  await newest().come()
  live('pi/cam/2')
  expect(shown()).toEqual(['pi/cam/1'])
  live('pi/cam/3')
  await newest().come()
  expect(shown()).toEqual(['pi/cam/2'])
  expect(newest().frame).toBe('pi/cam/3')
})

test('no picture stands in the place of the one that was chosen', async () => {
  live('pi/cam/9')
  await newest().come()
  live('pi/cam/10')
  const late = newest()
  choose('pi/cam/4')
  expect(shown()).toEqual([])
  expect(newest().frame).toBe('pi/cam/4')
  await late.come()
  expect(shown()).toEqual([])
  await newest().come()
  expect(shown()).toEqual(['pi/cam/4'])
  live('pi/cam/10')
  expect(shown()).toEqual([])
})

test('a picture that is not kept any more is said to be gone, and never asked for again', async () => {
  choose('pi/cam/4')
  await newest().fail()
  expect([shown(), place.dataset.picture]).toEqual([[], 'gone'])
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(asked()).toBe(1)
})

test('one that cannot be had now is asked for again', async () => {
  status = 503
  live('pi/cam/1')
  await newest().come()
  live('pi/cam/2')
  await newest().fail()
  expect([shown(), place.dataset.picture]).toEqual([['pi/cam/1'], 'failed'])
  await vi.advanceTimersByTimeAsync(3_000)
  expect(asked()).toBe(3)
})

test('one that failed while the server was away is asked for at once when it is back', async () => {
  status = 503
  live('pi/cam/1')
  await newest().fail()
  expect(place.dataset.picture).toBe('failed')
  loader.again()
  expect(asked()).toBe(2)
  await newest().come()
  expect(shown()).toEqual(['pi/cam/1'])
  loader.again()
  expect(asked()).toBe(2)
})

test('where there is no frame any more, no picture stays', async () => {
  live('pi/cam/1')
  await newest().come()
  live('pi/cam/2')
  const late = newest()
  live(null)
  expect(shown()).toEqual([])
  await late.come()
  expect(shown()).toEqual([])
  live('pi/cam/1')
  await newest().come()
  expect(shown()).toEqual(['pi/cam/1'])
})

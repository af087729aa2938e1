import { expect, test } from 'vitest'
import { ADMIN_TOKEN } from '../journeys/system.ts'
import { barriers, overflow } from './judge.ts'
import { browser, setStage, system } from './stage.ts'
import { Visit } from './visit.ts'

/** The names of all pages can be read and pressed on phones. */

setStage()

interface Box {
  name: string
  left: number
  right: number
  top: number
  bottom: number
}

/** Of each word of a link, where it stands; and of each link. */
const BOXES = `[...document.querySelectorAll('nav[aria-label=Pages] a')].map((link) => {
  const range = document.createRange()
  range.selectNodeContents(link)
  const words = [...link.childNodes].filter((one) => one.nodeType === Node.TEXT_NODE).flatMap((text) => {
    range.selectNodeContents(text)
    return [...range.getClientRects()]
  })
  const of = ({ left, right, top, bottom }) => ({ name: link.textContent, left, right, top, bottom })
  return { link: of(link.getBoundingClientRect()), words: words.map(of) }
})`

const touch = (a: Box, b: Box) =>
  a.left < b.right + 2 && b.left < a.right + 2 && a.top < b.bottom - 1 && b.top < a.bottom - 1

test.each([
  ['admin', 9],
  ['analyst', 6],
  ['viewer', 3],
] as const)(
  'to the role %s %i pages are named on a phone, which touch nowhere and can be pressed',
  async (role, count) => {
    const token =
      role === 'admin'
        ? ADMIN_TOKEN
        : (await system.api.send<{ token: string }>('POST', '/api/tokens', { name: role, role })).token
    const visit = await Visit.begin(browser)
    const { page } = visit
    await page.goto(`${system.server.http}/#token=${token}`)
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme })
      for (const [width, height] of [
        [320, 640],
        [360, 740],
        [390, 844],
        [500, 900],
        [640, 900],
        [641, 900],
        [780, 900],
      ] as const) {
        await page.setViewportSize({ width, height })
        const pages = (await page.evaluate(BOXES)) as { link: Box; words: Box[] }[]
        expect(pages.length).toBe(count)
        for (const [place, { link, words }] of pages.entries()) {
          expect(words.length, link.name).toBeGreaterThan(0)
          expect([link.left >= 0, link.right <= width, link.bottom <= height], link.name).toEqual([true, true, true])
          expect(link.bottom - link.top, `height of ${link.name}`).toBeGreaterThanOrEqual(40)
          for (const other of pages.slice(place + 1).flatMap((one) => one.words))
            for (const word of words)
              expect(touch(word, other), `${word.name} and ${other.name} at ${width} px`).toBe(false)
        }
        expect(await overflow(page), 'pixels wider than the window').toBeLessThanOrEqual(0)
        if (process.env.AJAR_LOOK)
          await page.screenshot({ path: `${process.env.AJAR_LOOK}/nav-${role}-${width}-${theme}.png` })
      }
      expect(await barriers(page)).toEqual([])
    }
    expect(visit.faults).toEqual([])
    await visit.close()
  },
)

import type { Page } from 'playwright-core'

/** More stops than any page of ours has. */
const MOST_STOPS = 120

/** Goes to a control as somebody without a mouse does: by Tab, until the focus stands on `name`. */
export async function tabTo(page: Page, role: 'button' | 'link' | 'slider', name: string | RegExp): Promise<void> {
  const wanted = page.getByRole(role, { name, exact: typeof name === 'string' }).first()
  await wanted.waitFor()
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    if (await wanted.evaluate((element) => element.matches(':focus'))) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab never comes to the ${role} ${name}`)
}

/** Goes there and presses Enter. */
export async function press(page: Page, role: 'button' | 'link', name: string | RegExp): Promise<void> {
  await tabTo(page, role, name)
  await page.keyboard.press('Enter')
}

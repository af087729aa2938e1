import { expect, test } from 'vitest'
import { Router } from '../src/router/router.ts'
import { openAt } from './browser.ts'

test('shows the page of the address, and the one that is gone to', () => {
  openAt('/camera/pi/cam')
  const router = new Router()
  router.start()
  expect(router.route.value).toEqual({ page: 'camera', device: 'pi', camera: 'cam' })
  router.go('/devices')
  expect(router.route.value).toEqual({ page: 'devices' })
})

test('a fragment, or another view of the page, is no change of the page', () => {
  const { page, go } = openAt('/')
  const router = new Router()
  router.start()
  const before = router.route.value
  go('/#main')
  page.dispatchEvent(new Event('popstate'))
  router.refine('?state=open')
  expect(router.route.value).toBe(before)
  expect([router.query.value, location.search]).toEqual(['?state=open', '?state=open'])
})

test('the wall is come back to as it was left', () => {
  openAt('/?name=door')
  const router = new Router()
  router.start()
  router.go('/camera/pi/cam')
  expect([router.query.value, router.wallPath]).toEqual(['', '/?name=door'])
  router.go(router.wallPath)
  expect(router.query.value).toBe('?name=door')
})

test('"back" shows the page of before', () => {
  const { page, go } = openAt('/')
  const router = new Router()
  router.start()
  router.go('/devices')
  go('/?state=open')
  page.dispatchEvent(new Event('popstate'))
  expect(router.route.value).toEqual({ page: 'wall' })
  expect(router.query.value).toBe('?state=open')
})

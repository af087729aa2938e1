import { expect, test } from 'vitest'
import { cameraPath, routeOf, teachPath } from '../src/router/route.ts'

test.each([
  ['/', { page: 'wall' }],
  ['/devices', { page: 'devices' }],
  ['/devices/', { page: 'devices' }],
  ['/logs', { page: 'logs' }],
  ['/sign-in', { page: 'sign-in' }],
  [cameraPath('pi/front-door'), { page: 'camera', device: 'pi', camera: 'front-door' }],
  [teachPath('pi/front-door'), { page: 'teach', device: 'pi', camera: 'front-door' }],
])('%s', (path, route) => expect(routeOf(path)).toEqual(route))

test.each(['/camera/pi', '/camera/pi/cam/more', '/camera/Pi/cam', '/camera/pi/..', '/other', '/api/cameras'])(
  '%s is no page',
  (path) => expect(routeOf(path)).toEqual({ page: 'missing' }),
)

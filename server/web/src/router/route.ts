/** The pages of the console, and the addresses they stand at. */
export type Route =
  | { page: 'wall' }
  | { page: 'camera'; device: string; camera: string }
  | { page: 'teach'; device: string; camera: string }
  | { page: 'devices' }
  | { page: 'logs' }
  | { page: 'processes' }
  | { page: 'sign-in' }
  | { page: 'missing' }

const NAME = '([a-z0-9][a-z0-9-]{0,31})'
const OF_CAMERA = new RegExp(`^/(camera|teach)/${NAME}/${NAME}$`)

/** @param path of an address, without its query */
export function routeOf(path: string): Route {
  const plain = path.length > 1 ? path.replace(/\/+$/, '') : path
  if (plain === '/') return { page: 'wall' }
  if (plain === '/devices') return { page: 'devices' }
  if (plain === '/logs') return { page: 'logs' }
  if (plain === '/processes') return { page: 'processes' }
  if (plain === '/sign-in') return { page: 'sign-in' }
  const [, page, device, camera] = OF_CAMERA.exec(plain) ?? []
  if (!device || !camera) return { page: 'missing' }
  return { page: page === 'teach' ? 'teach' : 'camera', device, camera }
}

/** @param camera `device/camera` */
export const cameraPath = (camera: string) => `/camera/${camera}`
/** @param camera `device/camera` */
export const teachPath = (camera: string) => `/teach/${camera}`

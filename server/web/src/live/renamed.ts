import type { CameraBody, List } from '../api/bodies.ts'
import { ApiError, get } from '../api/client.ts'

/**
 * What a camera is called now whose name was given up, where that is why it was not found; null in all other cases.
 * @param id `device/camera`
 */
export async function nameNow(id: string, error: unknown): Promise<string | null> {
  if (!(error instanceof ApiError) || error.code !== 'camera_renamed') return null
  const { items } = await get<List<CameraBody>>('/api/cameras')
  return items.find(({ aliases = [] }) => aliases.includes(id))?.id ?? null
}

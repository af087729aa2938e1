import { Empty } from '../../design/elements.tsx'

/** Doors that are seen by cameras and sensors together; one of them. */
export function DoorsPage({ door }: { door?: string }) {
  return (
    <Empty title={door ?? 'Doors'}>
      <p>A door joins what its cameras and sensors say of it.</p>
    </Empty>
  )
}

interface CameraChoiceProps {
  /** What it is chosen for, to those who do not see where it stands. */
  label: string
  cameras: readonly string[]
  camera: string
  onChange(camera: string): void
}

/** One of the cameras; nothing where there is no choice. */
export function CameraChoice({ label, cameras, camera, onChange }: CameraChoiceProps) {
  if (cameras.length < 2) return null
  return (
    <select aria-label={label} value={camera} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
      {cameras.map((one) => (
        <option key={one}>{one}</option>
      ))}
    </select>
  )
}

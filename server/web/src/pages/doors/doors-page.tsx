import { DoorList } from './door-list.tsx'
import { DoorView } from './door-view.tsx'
import '../../models/models.css'
import '../../sensors/sensors.css'
import '../camera/camera.css'
import './doors.css'

/** Doors that are seen by cameras and sensors together; one of them. */
export function DoorsPage({ door }: { door?: string }) {
  return door === undefined ? <DoorList /> : <DoorView name={door} />
}

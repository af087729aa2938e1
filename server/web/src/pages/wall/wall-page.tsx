import { useEffect, useMemo } from 'preact/hooks'
import { useConsole } from '../../console.ts'
import { Empty, Loading } from '../../design/elements.tsx'
import { DOORS_PATH } from '../../router/route.ts'
import type { Router } from '../../router/router.ts'
import { ChooseCameras } from './choose-cameras.tsx'
import { ChosenCameras, FEW } from './chosen-cameras.ts'
import { NoCameras } from './no-cameras.tsx'
import { Tile } from './tile.tsx'
import './wall.css'

const chosen = new ChosenCameras()

/** All cameras, and all else that has states, at a glance. */
export function WallPage() {
  const { live, router } = useConsole()
  useAddress(router)
  const ids = live.all.value
  if (ids === null) return <Loading what="cameras" />
  if (ids.length === 0) return <NoCameras />
  const hasOthers = ids.length > (live.ids.value?.length ?? 0)
  const shown = chosen.among(live).value
  return (
    <section class="wall">
      <header class="wall-head">
        <h1>{hasOthers ? 'Cameras and sensors' : 'Cameras'}</h1>
        {/* Whoever has an eye at a door may join it with others. */}
        <a class="button" href={DOORS_PATH}>
          Doors
        </a>
        {(ids.length > FEW || chosen.query.value !== '') && (
          <ChooseCameras chosen={chosen} shown={shown.length} all={ids.length} />
        )}
      </header>
      {shown.length === 0 && (
        <Empty title="No camera fits">
          <button class="button" type="button" onClick={() => chosen.clear()}>
            Show all cameras
          </button>
        </Empty>
      )}
      <ul class="tiles">
        {shown.map((id) => (
          <Tile key={id} id={id} />
        ))}
      </ul>
    </section>
  )
}

/** The address says which cameras are shown, and what one chooses is said there. */
function useAddress(router: Router) {
  const asked = router.query.value
  useMemo(() => chosen.take(asked), [asked])
  const said = chosen.query.value
  useEffect(() => router.refine(said), [said])
}

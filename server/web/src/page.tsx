import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Empty, Loading } from './design/elements.tsx'

/** A page whose script is loaded when it is first shown. */
export function page<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let loaded: ComponentType<Props> | null = null
  return function Page(props: Props) {
    const [Shown, show] = useState<ComponentType<Props> | null>(() => loaded)
    const [failed, fail] = useState(false)
    useEffect(() => {
      if (Shown) return
      load().then(
        (component) => {
          loaded = component
          show(() => component)
        },
        () => fail(true),
      )
    }, [])
    if (failed)
      return (
        <Empty title="This page could not be loaded">
          <p>The server was updated, or it does not answer. Load the page again.</p>
          <button class="button main" type="button" onClick={() => location.reload()}>
            Load again
          </button>
        </Empty>
      )
    return Shown ? <Shown {...props} /> : <Loading what="page" />
  }
}

import { useConsole } from './console.ts'
import { Empty, Loading } from './design/elements.tsx'
import { page } from './page.tsx'
import { WallPage } from './pages/wall/wall-page.tsx'
import { Shell } from './shell.tsx'

const CameraPage = page(async () => (await import('./pages/camera/camera-page.tsx')).CameraPage)
const TeachPage = page(async () => (await import('./pages/teach/teach-page.tsx')).TeachPage)
const ModelsPage = page(async () => (await import('./pages/models/models-page.tsx')).ModelsPage)
const ModelPage = page(async () => (await import('./pages/model/model-page.tsx')).ModelPage)
const SensorPage = page(async () => (await import('./pages/sensor/sensor-page.tsx')).SensorPage)
const DoorsPage = page(async () => (await import('./pages/doors/doors-page.tsx')).DoorsPage)
const AlertsPage = page(async () => (await import('./pages/alerts/alerts-page.tsx')).AlertsPage)
const DevicesPage = page(async () => (await import('./pages/devices/devices-page.tsx')).DevicesPage)
const LaboratoryPage = page(async () => (await import('./pages/laboratory/laboratory-page.tsx')).LaboratoryPage)
const TasksPage = page(async () => (await import('./pages/tasks/tasks-page.tsx')).TasksPage)
const ProgramsPage = page(async () => (await import('./pages/programs/programs-page.tsx')).ProgramsPage)
const LogsPage = page(async () => (await import('./pages/logs/logs-page.tsx')).LogsPage)
const ProcessesPage = page(async () => (await import('./pages/processes/processes-page.tsx')).ProcessesPage)
const ReleasesPage = page(async () => (await import('./pages/releases/releases-page.tsx')).ReleasesPage)
const SignInPage = page(async () => (await import('./pages/sign-in/sign-in-page.tsx')).SignInPage)

export function App() {
  const { session } = useConsole()
  const who = session.who.value
  // Whoever was signed in here last sees the frame of the page at once.
  if (who === null || (!who && session.linkFault.value)) return <SignInPage />
  if (who === undefined && !session.isLikely) return <Loading what="console" />
  return (
    <Shell>
      <CurrentPage />
    </Shell>
  )
}

function CurrentPage() {
  const route = useConsole().router.route.value
  switch (route.page) {
    case 'wall':
      return <WallPage />
    case 'camera':
      return <CameraPage key={`${route.device}/${route.camera}`} device={route.device} camera={route.camera} />
    case 'teach':
      return <TeachPage key={`${route.device}/${route.camera}`} device={route.device} camera={route.camera} />
    case 'models':
      return <ModelsPage key={`${route.device}/${route.camera}`} device={route.device} camera={route.camera} />
    case 'model':
      return <ModelPage key={JSON.stringify(route)} {...route} />
    case 'sensor':
      return <SensorPage key={`${route.device}/${route.sensor}`} device={route.device} sensor={route.sensor} />
    case 'doors':
      return <DoorsPage key={route.door ?? ''} {...route} />
    case 'alerts':
      return <AlertsPage />
    case 'devices':
      return <DevicesPage />
    case 'laboratory':
      return <LaboratoryPage key={JSON.stringify(route)} {...route} />
    case 'tasks':
      return <TasksPage key={route.task ?? ''} {...route} />
    case 'programs':
      return <ProgramsPage />
    case 'logs':
      return <LogsPage />
    case 'processes':
      return <ProcessesPage />
    case 'releases':
      return <ReleasesPage />
    case 'sign-in':
      return <SignInPage />
    case 'missing':
      return (
        <Empty title="There is no such page">
          <p>
            <a href="/">To the wall of cameras</a>
          </p>
        </Empty>
      )
  }
}

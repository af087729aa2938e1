/** Every path of the older clients with who may call it; written again here, so that a slip in the server shows. */
export const LEGACY_ROUTES: Record<string, string> = {
  'POST /debug/post/echo': 'viewer',
  'POST /debug/post/redeploy': 'admin',
  'POST /debug/post/enable_logging': 'admin',
  'GET /debug/get/time': 'viewer',
  'GET /debug/get/exists': 'viewer',
  'GET /debug/get/version': 'viewer',
  'GET /debug/get/version/server': 'viewer',
  'GET /debug/get/version/tf_model_handler': 'viewer',
  'GET /debug/get/version/tensorflow': 'viewer',
  'GET /debug/get/training_failure': 'viewer',
  'POST /server/post/keep_alive': 'operator',
  'GET /server/get/list_of_servers': 'viewer',
  'GET /app/get/list_of_servers': 'viewer',
  'POST /training/post/train': 'operator',
  'GET /training/get/training_status': 'viewer',
  'GET /training/get/training_time': 'viewer',
}

import 'swagger-ui-dist/swagger-ui.css';

import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle';

import { BASE } from '../base';

// The viewer asks nobody but this server: its validator would be asked by others' machines.
SwaggerUI({
  dom_id: '#docs',
  url: `${BASE}api/v1/openapi.json`,
  deepLinking: true,
  validatorUrl: null,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
});

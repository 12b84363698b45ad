import 'swagger-ui-dist/swagger-ui.css';

import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle';

import { BASE } from '../base';

// The viewer contacts only this server: the default validator would send the API description to another one.
SwaggerUI({
  dom_id: '#docs',
  url: `${BASE}api/v1/openapi.json`,
  deepLinking: true,
  validatorUrl: null,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
});

declare module 'swagger-ui-dist/swagger-ui-es-bundle' {
  interface Options {
    readonly dom_id: string;
    readonly url: string;
    readonly deepLinking: boolean;
    readonly validatorUrl: null;
    readonly docExpansion: 'list' | 'full' | 'none';
    readonly defaultModelsExpandDepth: number;
  }
  export default function SwaggerUI(options: Options): unknown;
}

import { faultsIn, stringsIn } from '@comanda/contracts/some-texts';
import { expect, test } from '@jest/globals';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { pino } from 'pino';
import { z } from 'zod';
import { readGatewayConfig } from '../config.js';
import { GatewayModule } from '../gateway.module.js';

const Arguments = z.record(z.string(), z.looseObject({ schema: z.instanceof(z.ZodType).optional() }));

/** The schemas of bodies, queries and paths, by controller and method. */
function schemasOfRoutes(): [string, z.ZodType][] {
  const { controllers = [] } = GatewayModule.of(
    readGatewayConfig({ COMANDA_DEMO: 'true' }),
    pino({ enabled: false }),
  );
  return controllers.flatMap((controller) =>
    Object.getOwnPropertyNames(controller.prototype).flatMap((method) => {
      const found: unknown = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method);
      const route = `${controller.name}.${method}`;
      return Object.values(Arguments.parse(found ?? {})).flatMap(({ schema }) =>
        schema ? [[route, schema] as [string, z.ZodType]] : [],
      );
    }),
  );
}

test('no string that a client may send takes a bad text, and each text keeps good ones', () => {
  const routes = schemasOfRoutes();
  const strings = routes.flatMap(([route, schema]) => stringsIn(schema, route));
  expect(routes.length).toBeGreaterThan(25);
  expect(strings.length).toBeGreaterThan(50);
  // A password from before must still open its account; see passwords.ts.
  const asTyped = ['AuthController.token.password', 'MeController.changePassword.current'];
  const others = strings.filter(({ path }) => !asTyped.includes(path));
  expect(others.flatMap(faultsIn)).toEqual([]);
});

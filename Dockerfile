# One image for all services; the command chooses which one it runs:
#   docker build -t comanda .
#   docker run --init comanda node --enable-source-maps orders-service/dist/main.js
# docker-compose.yml does so for the whole platform.

FROM node:24.11.1-slim AS build
WORKDIR /app

# The dependencies change more rarely than the code, so they are a layer of their own.
COPY package.json package-lock.json .npmrc ./
# generated: package.json of each workspace (npm run docs)
COPY packages/contracts/package.json packages/contracts/
COPY packages/kit/package.json packages/kit/
COPY packages/messaging/package.json packages/messaging/
COPY packages/operations/package.json packages/operations/
COPY packages/service-kit/package.json packages/service-kit/
COPY packages/storage/package.json packages/storage/
COPY api-gateway/package.json api-gateway/
COPY products-service/package.json products-service/
COPY orders-service/package.json orders-service/
COPY payments-service/package.json payments-service/
COPY webhook-publisher/package.json webhook-publisher/
COPY auditor/package.json auditor/
# end of generated: package.json of each workspace
# The locked versions. Not `npm ci`: it refuses a lock file that lacks the optional binaries of other systems, as one
# made where the registry has none of them does (scripts/bootstrap/dependencies.mjs installs the same way).
# No dependency needs its install script: better-sqlite3 and argon2 bring their binaries along.
RUN npm install --no-save --ignore-scripts

COPY tsconfig.base.json ./
COPY packages packages
# generated: services (npm run docs)
COPY api-gateway api-gateway
COPY products-service products-service
COPY orders-service orders-service
COPY payments-service payments-service
COPY webhook-publisher webhook-publisher
COPY auditor auditor
# The packages are built along with the services that refer to them.
RUN npx tsc --build api-gateway products-service orders-service payments-service webhook-publisher auditor
# end of generated: services
# No service needs a package that was not built along with it.
RUN for folder in packages/*; do [ -d $folder/dist ] || rm -rf $folder; done \
  && npm prune --omit=dev --no-save --ignore-scripts \
  && rm -rf packages/*/src */src
COPY deploy/healthcheck.mjs deploy/
COPY deploy/rabbitmq/definitions.mjs deploy/rabbitmq/accounts.json deploy/rabbitmq/


FROM node:24.11.1-slim
ENV NODE_ENV=production
# What is large goes back to the machine at once: glibc would keep a password hash's 19 MiB for each thread.
ENV MALLOC_MMAP_THRESHOLD_=1048576
# In its own container; what is published says who reaches it from outside.
ENV BIND_HOST=0.0.0.0
WORKDIR /app
# Databases; a new volume mounted here takes over its owner.
RUN mkdir /data && chown node:node /data
# The code belongs to root: a service can't change what it runs.
COPY --from=build /app ./
USER node
VOLUME /data

# The port on which the chosen service answers /health/ready.
ENV HEALTH_PORT=3000
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s --retries=6 \
  CMD ["node", "deploy/healthcheck.mjs"]
CMD ["node", "--enable-source-maps", "api-gateway/dist/main.js"]

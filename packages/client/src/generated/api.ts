// Generated from docs/openapi.json by `npm run docs`; change the routes, not this file.

export interface paths {
    "/api/v1/auth/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Log in */
        post: operations["logIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who I am and what I may do */
        get: operations["me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change my name, language or preferences */
        patch: operations["changeMe"];
        trace?: never;
    };
    "/api/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change my password
         * @description It ends my other sessions and, half a minute later, tokens without a session, this one as well. API keys stay as they are.
         */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Invitations that wait to be accepted, newest first */
        get: operations["listInvitations"];
        put?: never;
        /**
         * Invite somebody to be staff
         * @description The answer shows the link, this once: send it to them. It is good for 7 days and once, and for no more than who invites may do at that time. A replayed answer (Idempotency-Key) lacks it.
         */
        post: operations["invite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/invitations/{invitationId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Withdraw an invitation */
        delete: operations["withdrawInvitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/accept-invitation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept an invitation: make the account with a password
         * @description Log in afterwards.
         */
        post: operations["acceptInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Accounts by e-mail address, closed ones as well */
        get: operations["listAccounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{accountId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change what somebody may do, close an account or open it again
         * @description Effective within a minute, for tokens and API keys that are in use as well. An account that may do more than the caller is not theirs to change, and the last owner of a tenant stays one.
         */
        patch: operations["changeAccount"];
        trace?: never;
    };
    "/api/v1/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** API keys, newest first */
        get: operations["listApiKeys"];
        put?: never;
        /**
         * Make an API key
         * @description The answer shows the key, this once: keep it. A replayed answer (Idempotency-Key) lacks it. A key may do what its scopes say, and never more than the account that made it. It is refused when that account is closed.
         */
        post: operations["addApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/api-keys/{keyId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete an API key
         * @description It is refused within 5 s, on every instance of the gateway.
         */
        delete: operations["deleteApiKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A new access token for a session, and a new refresh token in place of the one that is sent
         * @description In the cookie or in the body, and the new one comes the same way. A refresh token that was used before ends its session.
         */
        post: operations["refreshSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Log out: end the session of a refresh token
         * @description Any refresh token of the session will do. Its access tokens are refused half a minute later. A session that is over is no mistake.
         */
        post: operations["logOut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where one is logged in: one’s sessions, the one that was used last first */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        /**
         * End all of one’s sessions, this one as well
         * @description Their access tokens are refused half a minute later.
         */
        delete: operations["endSessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions/{sessionId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End one of one’s sessions
         * @description Its access tokens are refused half a minute later.
         */
        delete: operations["endSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make an account for a customer
         * @description An Idempotency-Key belongs to the tenant and the e-mail address.
         */
        post: operations["register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/switch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An access token for another tenant, or for one’s own again
         * @description The token that asks stays good. A session keeps the tenant when it is refreshed; without a session the new token ends when the old one would have. What is one’s own (`/me`) stays so; API keys and invitations are made by accounts of the tenant itself.
         */
        post: operations["switchTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The public keys that verify access tokens (RFC 7517) */
        get: operations["listPublicKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Orders, newest first: a customer’s own, all for staff */
        get: operations["listOrders"];
        put?: never;
        /** Place an order */
        post: operations["placeOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{orderId}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel an order
         * @description What was reserved goes back on the shelf, what was paid is refunded.
         */
        post: operations["cancelOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{orderId}/refunds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What went back of an order, is on its way back, or was refused; oldest first */
        get: operations["listOrderRefunds"];
        put?: never;
        /**
         * Give money back: a part, or all that is left when no amount is named
         * @description In minor units. The order stays as it is, and nothing goes back on the shelf.
         */
        post: operations["refundOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{orderId}/fulfil": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mark a confirmed order as fulfilled: the goods were handed over
         * @description It can still be refunded, but not be cancelled any more.
         */
        post: operations["fulfilOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{orderId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One order
         * @description Just accepted, it is PENDING with the prices as they were looked up; a total of 0 XXX says that they are not known yet.
         */
        get: operations["getOrder"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{orderId}/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Only the status of an order */
        get: operations["getOrderStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{orderId}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Each step of an order with its cause, and who was told of it
         * @description Each attempt to tell the customer is a step, `notification.attempt`. Who may manage webhooks also sees those of deliveries, `delivery.attempt`. While webhook-publisher does not answer, they are missing, and `missing` says so.
         */
        get: operations["getOrderTimeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{orderId}/payments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was charged and refunded for an order */
        get: operations["listOrderPayments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{orderId}/notifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the customer of an order was told, on which channel, and how it went; oldest first */
        get: operations["listOrderNotifications"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{orderId}/notify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Erase where the customer of an order is told, and tell them nothing more */
        delete: operations["eraseOrderContact"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{orderId}/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The steps of an order, as server-sent events
         * @description `step`: a step of the timeline, those that there are first. `end` {status}: the order is FULFILLED, REJECTED or CANCELLED, and the stream ends. A client that comes back then and has heard all is answered 204.
         */
        get: operations["streamOrder"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What changes in the tenant, as server-sent events
         * @description Each topic needs a scope: orders `orders:read`, products `products:read`, webhooks `webhooks:manage`. `ORDER_UPDATED` {orderId, status, totalAmount, currency, updatedAt}: An order was taken, or has changed. `STOCK_CHANGED` {productIds}: These products have changed: their stock, or what the catalogue says of them. `SUBSCRIPTION_UPDATED` {subscriptionId}: A subscription was disabled, or goes to another target, because of what its endpoint answered. `DELIVERY_FAILED` {subscriptionId, deliveryId}: A delivery failed for good. `READY` {}: it begins here; fetch what you show. `REFETCH` {}: something was missed; fetch anew what you show. Of changes of one thing the newest is told, at most 100 a second.
         */
        get: operations["streamLiveChanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/live/tickets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A ticket that opens one stream, in the place of a token
         * @description For clients that can send no header, as `EventSource` in a browser: `?ticket=`. It is good once, on any instance, for the one who asked for it.
         */
        post: operations["createLiveTicket"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/products": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The catalogue by name */
        get: operations["listProducts"];
        put?: never;
        /** Add a product */
        post: operations["addProduct"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/products/{productId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One product */
        get: operations["getProduct"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change name, price, threshold, or whether it is for sale */
        patch: operations["changeProduct"];
        trace?: never;
    };
    "/api/v1/products/{productId}/movements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every change of what is available, newest first */
        get: operations["listStockMovements"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/products/{productId}/stock-adjustments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Put on the shelf or take away */
        post: operations["adjustStock"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/payment-callbacks/stripe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take an event from Stripe
         * @description Answered when the broker has it on disk; Stripe sends again what was not answered with 200. Events of other types, and what is not an event at all, are received, counted and left alone.
         */
        post: operations["takeStripeEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sms-callbacks/twilio": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a report of Twilio’s: what became of a text
         * @description Answered when the broker has it on disk. A report of a text that nobody knows, and what is no report at all, is received, counted and left alone.
         */
        post: operations["takeTextReport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/subscriptions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Subscriptions, newest first */
        get: operations["listSubscriptions"];
        put?: never;
        /**
         * Have events sent to a target
         * @description The answer shows the signing secret, this once: keep it. A replayed answer (Idempotency-Key) lacks it. With the signature v1a there is no secret but a publicKey, which can be read again.
         */
        post: operations["addSubscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/subscriptions/{subscriptionId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One subscription */
        get: operations["getSubscription"];
        put?: never;
        post?: never;
        /** Send nothing more to a target */
        delete: operations["removeSubscription"];
        options?: never;
        head?: never;
        /**
         * Change what it wants, where it goes, how fast, with which headers, in which language, or whether it is enabled
         * @description What waits to be sent goes to the new target. To a disabled subscription nothing is sent: what becomes due meanwhile ends as DROPPED. Enabling it again forgets its failures.
         */
        patch: operations["changeSubscription"];
        trace?: never;
    };
    "/api/v1/subscriptions/{subscriptionId}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign with a new secret, and for 24 hours with the one before as well
         * @description The answer shows the new signing secret, this once: keep it. A replayed answer (Idempotency-Key) lacks it. A subscription that signs with v1a gets a new publicKey instead.
         */
        post: operations["rotateSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/subscriptions/{subscriptionId}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send the events of a range of time once more, with the same ids and bytes
         * @description The events get new deliveries, which say the `replayId`. `Location` leads to the replay, which says how far it is.
         */
        post: operations["replayEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/subscriptions/{subscriptionId}/replays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The replays of a subscription, newest first */
        get: operations["listReplays"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/subscriptions/{subscriptionId}/replays/{replayId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One replay, and how far it is */
        get: operations["getReplay"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/subscriptions/{subscriptionId}/replays/{replayId}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send no further event again
         * @description Deliveries that wait already are sent: at most 1,000. A replay that has ended stays as it is.
         */
        post: operations["cancelReplay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/subscriptions/{subscriptionId}/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How its deliveries went, by hour
         * @description Whole hours in UTC, of the last 24 unless asked otherwise, of 31 days at most.
         */
        get: operations["getSubscriptionStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/subscriptions/{subscriptionId}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send `webhook.test` to this subscription, and see what it answers
         * @description Sent once, signed as any other, whatever the subscription asks for and also while it is disabled. It is in the history of deliveries and counts for nothing else. `attempts` has what the endpoint answered; `status` is FAILED when that was no 2xx. An endpoint that takes longer than a second is a 202: `Location` leads to the delivery, and the same request under its Idempotency-Key gets its end.
         */
        post: operations["testSubscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The history of deliveries, newest first */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deliveries/{deliveryId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One delivery with each attempt and what was answered */
        get: operations["getDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deliveries/{deliveryId}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send it again now, also when it was delivered */
        post: operations["retryDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{orderId}/delivery-proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A signed statement of what was sent about an order, when, and what was answered
         * @description For somebody else, who verifies it offline with the keys of `/.well-known/delivery-proof-keys.json`. It has hashes of bodies and answers, and of a target only scheme, host and port.
         */
        get: operations["getDeliveryProof"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/delivery-proof-keys.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The public keys that verify delivery proofs (RFC 7517), also those of former keys */
        get: operations["listDeliveryProofKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/event-types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every event with its schema and an example */
        get: operations["listEventTypes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What failed and why, newest first
         * @description Bodies of more than 8 KiB are left out; the dead letter itself shows up to 1 MiB.
         */
        get: operations["listDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dead-letters/{messageId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One dead letter with the message as it came */
        get: operations["getDeadLetter"];
        put?: never;
        post?: never;
        /**
         * Throw it away for good
         * @description A line in the log keeps what it was, without its body.
         */
        delete: operations["discardDeadLetter"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/dead-letters/{messageId}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put it back into the queue in which it failed
         * @description The message goes back as it came, with its history. It takes effect once, however often it is put back; if it is still broken it returns with its history grown. A dry run is refused as the replay would be.
         */
        post: operations["replayDeadLetter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @example {
         *       "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
         *       "status": "PENDING",
         *       "createdAt": "2026-01-31T12:00:00.000Z"
         *     }
         */
        AcceptedOrder: {
            /** Format: uuid */
            orderId: string;
            status: components["schemas"]["OrderStatus"];
            /** Format: date-time */
            createdAt: string;
        };
        /**
         * @example {
         *       "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
         *       "requestId": "0192d1a4-9000-7000-8000-00000000b001",
         *       "status": "CONFIRMED"
         *     }
         */
        AcceptedRequest: {
            /** Format: uuid */
            orderId: string;
            /**
             * Format: uuid
             * @description The same in the timeline, and in the event that says what became of the request
             */
            requestId: string;
            /** @description As it was before; missing when it could not be asked */
            status?: components["schemas"]["OrderStatus"];
        };
        /**
         * @example {
         *       "accessToken": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTkyIn0.c2ln",
         *       "tokenType": "Bearer",
         *       "expiresIn": 600,
         *       "sessionId": "1f7d2c9e-5b1a-8e64-9d3f-6a0b4c8e2d10",
         *       "sessionExpiresAt": "2026-02-07T12:00:00.000Z",
         *       "refreshToken": "cmd_refresh_default.the-half-that-stays.the-half-that-changes"
         *     }
         */
        AccessToken: {
            accessToken: string;
            /** @constant */
            tokenType: "Bearer";
            /**
             * Format: int64
             * @description Seconds
             */
            expiresIn: number;
            /**
             * Format: uuid
             * @description Of the session that the token belongs to
             */
            sessionId?: string;
            /** @description When it is over unless it is refreshed before */
            sessionExpiresAt?: string;
            /** @description Good once, for the next access token; not there when it is in the cookie */
            refreshToken?: string;
        };
        /**
         * @example {
         *       "accountId": "0192d1a4-0000-7000-8000-00000000c002",
         *       "email": "name@example.org",
         *       "name": "Ana Ruiz",
         *       "role": "staff",
         *       "scopes": [
         *         "orders:read",
         *         "orders:write"
         *       ],
         *       "enabled": true,
         *       "createdAt": "2026-01-31T12:00:00.000Z"
         *     }
         */
        Account: {
            /** Format: uuid */
            accountId: string;
            email: string;
            name: string | null;
            /** @enum {string} */
            role: "customer" | "staff";
            readonly scopes: ("orders:read" | "orders:write" | "products:read" | "products:write" | "webhooks:manage" | "dead-letters:manage" | "books:read" | "reports:read" | "accounts:manage" | "api-keys:manage" | "system:read" | "tenants:all")[];
            enabled: boolean;
            /** Format: date-time */
            createdAt: string;
        };
        /**
         * @example {
         *       "scopes": [
         *         "orders:read",
         *         "orders:write"
         *       ]
         *     }
         */
        AccountChange: {
            scopes?: ("orders:read" | "orders:write" | "products:read" | "products:write" | "webhooks:manage" | "dead-letters:manage" | "books:read" | "reports:read" | "accounts:manage" | "api-keys:manage" | "system:read" | "tenants:all")[];
            enabled?: boolean;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "accountId": "0192d1a4-0000-7000-8000-00000000c002",
         *           "email": "name@example.org",
         *           "name": "Ana Ruiz",
         *           "role": "staff",
         *           "scopes": [
         *             "orders:read",
         *             "orders:write"
         *           ],
         *           "enabled": true,
         *           "createdAt": "2026-01-31T12:00:00.000Z"
         *         }
         *       ],
         *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
         *     }
         */
        AccountPage: {
            items: components["schemas"]["Account"][];
            nextCursor: string | null;
        };
        /**
         * @example {
         *       "keyId": "0192d1a4-0000-7000-8000-00000000f001",
         *       "name": "Till 1",
         *       "scopes": [
         *         "orders:read",
         *         "orders:write"
         *       ],
         *       "prefix": "cmd_live_4fGh2k9Q",
         *       "accountId": "0192d1a4-0000-7000-8000-00000000c002",
         *       "createdAt": "2026-01-31T12:00:00.000Z",
         *       "expiresAt": null,
         *       "lastUsedAt": null
         *     }
         */
        ApiKey: {
            /** Format: uuid */
            keyId: string;
            name: string;
            /** @description How the key begins */
            prefix: string;
            readonly scopes: ("orders:read" | "orders:write" | "products:read" | "products:write" | "webhooks:manage" | "dead-letters:manage" | "books:read" | "reports:read" | "accounts:manage" | "api-keys:manage" | "system:read" | "tenants:all")[];
            /**
             * Format: uuid
             * @description Who made it; the key ends with this account and may never do more than it
             */
            accountId: string;
            /** Format: date-time */
            createdAt: string;
            expiresAt: string | null;
            /** @description To five minutes */
            lastUsedAt: string | null;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "keyId": "0192d1a4-0000-7000-8000-00000000f001",
         *           "name": "Till 1",
         *           "scopes": [
         *             "orders:read",
         *             "orders:write"
         *           ],
         *           "prefix": "cmd_live_4fGh2k9Q",
         *           "accountId": "0192d1a4-0000-7000-8000-00000000c002",
         *           "createdAt": "2026-01-31T12:00:00.000Z",
         *           "expiresAt": null,
         *           "lastUsedAt": null
         *         }
         *       ],
         *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
         *     }
         */
        ApiKeyPage: {
            items: components["schemas"]["ApiKey"][];
            nextCursor: string | null;
        };
        /**
         * @example webhook
         * @enum {string}
         */
        Channel: "webhook" | "telegram" | "email" | "slack" | "sms";
        /**
         * @example {
         *       "method": "sim_approved"
         *     }
         */
        ChosenPayment: {
            method: string;
        };
        /**
         * @example email
         * @enum {string}
         */
        ContactChannel: "email" | "sms";
        /**
         * @example es
         * @enum {string}
         */
        ContactLocale: "en" | "es";
        /**
         * @example {
         *       "keyId": "0192d1a4-0000-7000-8000-00000000f001",
         *       "name": "Till 1",
         *       "scopes": [
         *         "orders:read",
         *         "orders:write"
         *       ],
         *       "prefix": "cmd_live_4fGh2k9Q",
         *       "accountId": "0192d1a4-0000-7000-8000-00000000c002",
         *       "createdAt": "2026-01-31T12:00:00.000Z",
         *       "expiresAt": null,
         *       "lastUsedAt": null,
         *       "key": "cmd_live_4fGh2k9Q4fGh2k9Q4fGh2k9Q4fGh2k9Q2Xk0aB"
         *     }
         */
        CreatedApiKey: {
            /** Format: uuid */
            keyId: string;
            name: string;
            /** @description How the key begins */
            prefix: string;
            readonly scopes: ("orders:read" | "orders:write" | "products:read" | "products:write" | "webhooks:manage" | "dead-letters:manage" | "books:read" | "reports:read" | "accounts:manage" | "api-keys:manage" | "system:read" | "tenants:all")[];
            /**
             * Format: uuid
             * @description Who made it; the key ends with this account and may never do more than it
             */
            accountId: string;
            /** Format: date-time */
            createdAt: string;
            expiresAt: string | null;
            /** @description To five minutes */
            lastUsedAt: string | null;
            /** @description Shown this once; send it as `X-API-Key` or as a bearer token */
            key?: string;
        };
        /**
         * @example {
         *       "invitationId": "0192d1a4-0000-7000-8000-00000000f002",
         *       "email": "name@example.org",
         *       "scopes": [
         *         "orders:read",
         *         "orders:write"
         *       ],
         *       "locale": "en",
         *       "invitedBy": "0192d1a4-0000-7000-8000-00000000c002",
         *       "createdAt": "2026-01-31T12:00:00.000Z",
         *       "expiresAt": "2026-02-07T12:00:00.000Z",
         *       "token": "cmd_invite_4fGh2k9Q4fGh2k9Q4fGh2k9Q4fGh2k9Q2Xk0aB",
         *       "link": "/console/accept-invitation#token=cmd_invite_4fGh2k9Q4fGh2k9Q4fGh2k9Q4fGh2k9Q2Xk0aB"
         *     }
         */
        CreatedInvitation: {
            /** Format: uuid */
            invitationId: string;
            email: string;
            readonly scopes: ("orders:read" | "orders:write" | "products:read" | "products:write" | "webhooks:manage" | "dead-letters:manage" | "books:read" | "reports:read" | "accounts:manage" | "api-keys:manage" | "system:read" | "tenants:all")[];
            /** @enum {string} */
            locale: "en" | "es";
            /**
             * Format: uuid
             * @description The account that invites
             */
            invitedBy: string;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            expiresAt: string;
            /** @description Shown this once, for whom it is for */
            token?: string;
            /** @description Where they accept it, on this host; the token stands behind # */
            link?: string;
        };
        /**
         * @example {
         *       "messageId": "0192d1a4-9000-7000-8000-00000000e001",
         *       "queue": "webhooks_queue",
         *       "type": "order.created",
         *       "service": "webhook-publisher",
         *       "handler": "publish event",
         *       "cause": "the database is full",
         *       "tenantId": "default",
         *       "size": 512,
         *       "attempts": [
         *         {
         *           "at": "2026-01-31T12:00:00.000Z",
         *           "error": "the database is full"
         *         }
         *       ],
         *       "diedAt": "2026-01-31T12:00:01.250Z",
         *       "replayable": true,
         *       "copies": 1
         *     }
         */
        DeadLetter: {
            /** @description Its message id; `unnamed-...`, made of its content, when it has none */
            messageId: string;
            /** @description The queue in which it failed, and to which a replay puts it back */
            queue: string;
            type?: string;
            service: string;
            handler?: string;
            cause: string;
            stack?: string;
            /** @description Oldest first: each failure, and each time it was put back */
            attempts: ({
                at: string;
                error: string;
            } | {
                at: string;
                replayedBy: string;
            })[];
            /** Format: date-time */
            diedAt?: string;
            correlationId?: string;
            tenantId: string;
            source?: string;
            /**
             * Format: int64
             * @description Bytes of its body
             */
            size: number;
            replayable: boolean;
            /** @description Why it would not be put back */
            obstacle?: string;
            /**
             * Format: int64
             * @description How often the same message died there since it was last put back
             */
            copies: number;
            /** @description Its body, when that is JSON and not too large to be shown */
            body?: unknown;
            /** @description Its body, when that is not JSON */
            bodyBase64?: string;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "messageId": "0192d1a4-9000-7000-8000-00000000e001",
         *           "queue": "webhooks_queue",
         *           "type": "order.created",
         *           "service": "webhook-publisher",
         *           "handler": "publish event",
         *           "cause": "the database is full",
         *           "tenantId": "default",
         *           "size": 512,
         *           "attempts": [
         *             {
         *               "at": "2026-01-31T12:00:00.000Z",
         *               "error": "the database is full"
         *             }
         *           ],
         *           "diedAt": "2026-01-31T12:00:01.250Z",
         *           "replayable": true,
         *           "copies": 1
         *         }
         *       ],
         *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
         *     }
         */
        DeadLetterPage: {
            items: components["schemas"]["DeadLetter"][];
            nextCursor: string | null;
        };
        /**
         * @example {
         *       "deliveryId": "0192d1a4-a100-7000-8000-00000000d002",
         *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
         *       "eventId": "0192d1a4-9000-7000-8000-00000000e001",
         *       "eventType": "order.created",
         *       "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
         *       "status": "DELIVERED",
         *       "createdAt": "2026-01-31T12:00:00.000Z"
         *     }
         */
        Delivery: {
            /** Format: uuid */
            deliveryId: string;
            /** Format: uuid */
            subscriptionId: string;
            /** Format: uuid */
            eventId: string;
            eventType: string;
            /** Format: uuid */
            orderId?: string;
            status: components["schemas"]["DeliveryStatus"];
            /** Format: date-time */
            nextAttemptAt?: string;
            /** Format: date-time */
            createdAt: string;
            /**
             * Format: uuid
             * @description The replay that made it
             */
            replayId?: string;
        };
        /**
         * @example {
         *       "at": "2026-01-31T12:00:01.250Z",
         *       "statusCode": 204,
         *       "durationMs": 84,
         *       "responseBody": ""
         *     }
         */
        DeliveryAttempt: {
            /** Format: date-time */
            at: string;
            /** @description Scheme, host and port of the URL that it went to */
            origin?: string;
            /** Format: int64 */
            statusCode?: number;
            /** Format: int64 */
            durationMs: number;
            responseBody?: string;
            /** @description Why there was no answer */
            error?: string;
            /** @description What people should know besides: the answer was cut off, or where the receiver has moved */
            note?: string;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "deliveryId": "0192d1a4-a100-7000-8000-00000000d002",
         *           "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
         *           "eventId": "0192d1a4-9000-7000-8000-00000000e001",
         *           "eventType": "order.created",
         *           "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
         *           "status": "DELIVERED",
         *           "createdAt": "2026-01-31T12:00:00.000Z",
         *           "channel": "webhook",
         *           "target": "https://hooks.example.com/comanda",
         *           "attemptCount": 1,
         *           "lastStatusCode": 204
         *         }
         *       ],
         *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
         *     }
         */
        DeliveryPage: {
            items: components["schemas"]["ListedDelivery"][];
            nextCursor: string | null;
        };
        /**
         * @example {
         *       "proof": "eyJhbGciOiJFZERTQSIsInR5cCI6ImRlbGl2ZXJ5LXByb29mK2p3cyIsImtpZCI6ImtQcksifQ.eyJ0ZW5hbnRJZCI6ImRlZmF1bHQifQ.c2lnbmF0dXJl"
         *     }
         */
        DeliveryProof: {
            /** @description A compact JWS (RFC 7515); docs/delivery-proof.md says what is in it */
            proof: string;
        };
        /**
         * @example DELIVERED
         * @enum {string}
         */
        DeliveryStatus: "PENDING" | "DELIVERED" | "FAILED" | "DROPPED";
        /**
         * @example {
         *       "deliveryId": "0192d1a4-a100-7000-8000-00000000d002",
         *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
         *       "eventId": "0192d1a4-9000-7000-8000-00000000e001",
         *       "eventType": "order.created",
         *       "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
         *       "status": "DELIVERED",
         *       "createdAt": "2026-01-31T12:00:00.000Z",
         *       "attempts": [
         *         {
         *           "at": "2026-01-31T12:00:01.250Z",
         *           "statusCode": 204,
         *           "durationMs": 84,
         *           "responseBody": ""
         *         }
         *       ]
         *     }
         */
        DeliveryWithAttempts: {
            /** Format: uuid */
            deliveryId: string;
            /** Format: uuid */
            subscriptionId: string;
            /** Format: uuid */
            eventId: string;
            eventType: string;
            /** Format: uuid */
            orderId?: string;
            status: components["schemas"]["DeliveryStatus"];
            /** Format: date-time */
            nextAttemptAt?: string;
            /** Format: date-time */
            createdAt: string;
            /**
             * Format: uuid
             * @description The replay that made it
             */
            replayId?: string;
            attempts: components["schemas"]["DeliveryAttempt"][];
            /**
             * Format: date-time
             * @description When the carrier said that a text had arrived
             */
            confirmedAt?: string;
            /** @description What Twilio told last of each text */
            reports?: {
                /**
                 * Format: date-time
                 * @description When we heard it
                 */
                at: string;
                /** @enum {string} */
                status: "queued" | "sending" | "sent" | "delivered" | "undelivered" | "failed";
                /**
                 * Format: int64
                 * @description Of Twilio: https://www.twilio.com/docs/api/errors
                 */
                errorCode?: number;
            }[];
        };
        /**
         * @example {
         *       "disputeId": "0192d1a4-a000-8000-8000-00000000d001",
         *       "reference": "dp_1",
         *       "status": "opened",
         *       "amount": 360,
         *       "currency": "EUR",
         *       "code": "fraudulent",
         *       "reason": "The owner does not know of it",
         *       "updatedAt": "2026-01-31T12:00:01.250Z"
         *     }
         */
        Dispute: {
            /** Format: uuid */
            disputeId: string;
            reference: string;
            /** @enum {string} */
            status: "opened" | "won" | "lost";
            /** Format: int64 */
            amount: number;
            currency: string;
            code: string;
            reason: string;
            /** Format: date-time */
            updatedAt: string;
        };
        /**
         * @example {
         *       "replayId": "0192d1a4-a200-7000-8000-00000000d003",
         *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
         *       "status": "RUNNING",
         *       "since": "2026-01-30T00:00:00.000Z",
         *       "until": "2026-01-31T00:00:00.000Z",
         *       "onlyFailed": true,
         *       "scheduled": 17,
         *       "skipped": 340,
         *       "reachedAt": "2026-01-30T14:05:01.250Z",
         *       "createdAt": "2026-01-31T12:00:00.000Z"
         *     }
         */
        EventReplay: {
            /** Format: uuid */
            replayId: string;
            /** Format: uuid */
            subscriptionId: string;
            status: components["schemas"]["EventReplayStatus"];
            /** Format: date-time */
            since: string;
            /** Format: date-time */
            until: string;
            eventTypes?: string[];
            onlyFailed: boolean;
            /**
             * Format: int64
             * @description Events that were given a delivery; `GET /deliveries` lists these
             */
            scheduled: number;
            /**
             * Format: int64
             * @description Events that were looked at and not chosen
             */
            skipped: number;
            /**
             * Format: date-time
             * @description All events until then have been looked at
             */
            reachedAt: string;
            /** @description Why it is FAILED */
            reason?: string;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            endedAt?: string;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "replayId": "0192d1a4-a200-7000-8000-00000000d003",
         *           "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
         *           "status": "DONE",
         *           "since": "2026-01-30T00:00:00.000Z",
         *           "until": "2026-01-31T00:00:00.000Z",
         *           "onlyFailed": true,
         *           "scheduled": 40,
         *           "skipped": 340,
         *           "reachedAt": "2026-01-31T00:00:00.000Z",
         *           "createdAt": "2026-01-31T12:00:00.000Z",
         *           "endedAt": "2026-01-31T12:00:01.250Z"
         *         }
         *       ],
         *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
         *     }
         */
        EventReplayPage: {
            items: components["schemas"]["EventReplay"][];
            nextCursor: string | null;
        };
        /**
         * @example RUNNING
         * @enum {string}
         */
        EventReplayStatus: "RUNNING" | "DONE" | "CANCELLED" | "FAILED";
        /**
         * @example {
         *       "type": "order.fulfilled",
         *       "version": 1,
         *       "summary": "The goods were handed over: the order can still be refunded, but not cancelled.",
         *       "subjectType": "order",
         *       "subscribable": true,
         *       "schema": {
         *         "$schema": "https://json-schema.org/draft/2020-12/schema",
         *         "type": "object",
         *         "required": [
         *           "orderId"
         *         ],
         *         "properties": {
         *           "orderId": {
         *             "type": "string",
         *             "format": "uuid",
         *             "pattern": "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$"
         *           }
         *         }
         *       },
         *       "example": {
         *         "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001"
         *       }
         *     }
         */
        EventTypeDescription: {
            type: string;
            /** Format: int64 */
            version: number;
            summary: string;
            /** @description What `subject` names and `sequence` counts the events of */
            subjectType: string;
            /** @description Whether `eventTypes` may name it; what is tested comes unasked */
            subscribable: boolean;
            /** @description JSON Schema, draft 2020-12, of `data` */
            schema: {
                [key: string]: unknown;
            };
            example: unknown;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "type": "order.fulfilled",
         *           "version": 1,
         *           "summary": "The goods were handed over: the order can still be refunded, but not cancelled.",
         *           "subjectType": "order",
         *           "subscribable": true,
         *           "schema": {
         *             "$schema": "https://json-schema.org/draft/2020-12/schema",
         *             "type": "object",
         *             "required": [
         *               "orderId"
         *             ],
         *             "properties": {
         *               "orderId": {
         *                 "type": "string",
         *                 "format": "uuid",
         *                 "pattern": "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$"
         *               }
         *             }
         *           },
         *           "example": {
         *             "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001"
         *           }
         *         }
         *       ]
         *     }
         */
        EventTypeList: {
            items: components["schemas"]["EventTypeDescription"][];
        };
        /**
         * @example {
         *       "path": "items[0].quantity",
         *       "message": "is required"
         *     }
         */
        FieldError: {
            path: string;
            message: string;
        };
        /**
         * @example {
         *       "invitationId": "0192d1a4-0000-7000-8000-00000000f002",
         *       "email": "name@example.org",
         *       "scopes": [
         *         "orders:read",
         *         "orders:write"
         *       ],
         *       "locale": "en",
         *       "invitedBy": "0192d1a4-0000-7000-8000-00000000c002",
         *       "createdAt": "2026-01-31T12:00:00.000Z",
         *       "expiresAt": "2026-02-07T12:00:00.000Z"
         *     }
         */
        Invitation: {
            /** Format: uuid */
            invitationId: string;
            email: string;
            readonly scopes: ("orders:read" | "orders:write" | "products:read" | "products:write" | "webhooks:manage" | "dead-letters:manage" | "books:read" | "reports:read" | "accounts:manage" | "api-keys:manage" | "system:read" | "tenants:all")[];
            /** @enum {string} */
            locale: "en" | "es";
            /**
             * Format: uuid
             * @description The account that invites
             */
            invitedBy: string;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            expiresAt: string;
        };
        /**
         * @example {
         *       "token": "cmd_invite_4fGh2k9Q4fGh2k9Q4fGh2k9Q4fGh2k9Q2Xk0aB",
         *       "password": "correct horse battery"
         *     }
         */
        InvitationAcceptance: {
            token: string;
            /** Format: password */
            password: string;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "invitationId": "0192d1a4-0000-7000-8000-00000000f002",
         *           "email": "name@example.org",
         *           "scopes": [
         *             "orders:read",
         *             "orders:write"
         *           ],
         *           "locale": "en",
         *           "invitedBy": "0192d1a4-0000-7000-8000-00000000c002",
         *           "createdAt": "2026-01-31T12:00:00.000Z",
         *           "expiresAt": "2026-02-07T12:00:00.000Z"
         *         }
         *       ],
         *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
         *     }
         */
        InvitationPage: {
            items: components["schemas"]["Invitation"][];
            nextCursor: string | null;
        };
        /**
         * @example {
         *       "keys": [
         *         {
         *           "kty": "OKP",
         *           "crv": "Ed25519",
         *           "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
         *           "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
         *           "alg": "EdDSA",
         *           "use": "sig"
         *         }
         *       ]
         *     }
         */
        KeySet: {
            keys: components["schemas"]["PublicKey"][];
        };
        /**
         * @example es
         * @enum {string}
         */
        Language: "en" | "es";
        /**
         * @example {
         *       "deliveryId": "0192d1a4-a100-7000-8000-00000000d002",
         *       "at": "2026-01-31T12:00:01.250Z",
         *       "statusCode": 204,
         *       "durationMs": 84
         *     }
         */
        LastAnswer: {
            /** Format: uuid */
            deliveryId: string;
            /** Format: date-time */
            at: string;
            /** Format: int64 */
            statusCode?: number;
            /** Format: int64 */
            durationMs: number;
            error?: string;
        };
        /**
         * @example {
         *       "deliveryId": "0192d1a4-a100-7000-8000-00000000d002",
         *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
         *       "eventId": "0192d1a4-9000-7000-8000-00000000e001",
         *       "eventType": "order.created",
         *       "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
         *       "status": "DELIVERED",
         *       "createdAt": "2026-01-31T12:00:00.000Z",
         *       "channel": "webhook",
         *       "target": "https://hooks.example.com/comanda",
         *       "attemptCount": 1,
         *       "lastStatusCode": 204
         *     }
         */
        ListedDelivery: {
            /** Format: uuid */
            deliveryId: string;
            /** Format: uuid */
            subscriptionId: string;
            /** Format: uuid */
            eventId: string;
            eventType: string;
            /** Format: uuid */
            orderId?: string;
            status: components["schemas"]["DeliveryStatus"];
            /** Format: date-time */
            nextAttemptAt?: string;
            /** Format: date-time */
            createdAt: string;
            /**
             * Format: uuid
             * @description The replay that made it
             */
            replayId?: string;
            channel: components["schemas"]["Channel"];
            /** @description Where its subscription sends now; the query of a URL is left out */
            target: string;
            /** Format: int64 */
            attemptCount: number;
            /** Format: int64 */
            lastStatusCode?: number;
            /** @description Why the last attempt had no answer */
            lastError?: string;
        };
        /**
         * @description Server-sent events (`text/event-stream`)
         * @example id: k3f9_xQ2.17.0192d1a4-9000-7000-8000-00000000e001-0
         *     event: ORDER_UPDATED
         *     data: {"orderId":"0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001","status":"CONFIRMED","totalAmount":360,"currency":"EUR","updatedAt":"2026-01-31T12:00:01.250Z"}
         */
        LiveStream: string;
        /**
         * @example {
         *       "ticket": "o2tuWkkJ9Bv0c8LQ1yqXcVhWmZ4rSfXG6aYx0PzE7nA",
         *       "expiresIn": 30
         *     }
         */
        LiveTicket: {
            /** @description Of `POST /live/tickets`; for clients that can send no header */
            ticket: string;
            /**
             * Format: int64
             * @description Seconds
             */
            expiresIn: number;
        };
        /**
         * @example {
         *       "email": "name@example.org",
         *       "password": "correct horse battery"
         *     }
         */
        LogIn: {
            /** @default default */
            tenant?: string;
            /** Format: email */
            email: string;
            /** Format: password */
            password: string;
            /**
             * @description Whether to begin a session, whose refresh token comes in a cookie (true) or in the body ("token")
             * @default false
             */
            session?: boolean | "token";
        };
        /**
         * @example {
         *       "accountId": "0192d1a4-0000-7000-8000-00000000c002",
         *       "email": "name@example.org",
         *       "name": "Ana Ruiz",
         *       "role": "staff",
         *       "scopes": [
         *         "orders:read",
         *         "orders:write"
         *       ],
         *       "tenantId": "default",
         *       "locale": "en",
         *       "preferences": {
         *         "theme": "dark"
         *       }
         *     }
         */
        Me: {
            /** Format: uuid */
            accountId: string;
            email: string;
            name: string | null;
            /** @enum {string} */
            role: "customer" | "staff";
            /** @description What this token may do */
            readonly scopes: ("orders:read" | "orders:write" | "products:read" | "products:write" | "webhooks:manage" | "dead-letters:manage" | "books:read" | "reports:read" | "accounts:manage" | "api-keys:manage" | "system:read" | "tenants:all")[];
            tenantId: string;
            /** @description The tenant of the account, while it acts in another one */
            homeTenantId?: string;
            /** @description All there are, for who may act for all of them */
            tenants?: string[];
            /** @enum {string} */
            locale: "en" | "es";
            preferences: {
                [key: string]: unknown;
            };
        };
        /**
         * @example {
         *       "name": "Ana Ruiz",
         *       "preferences": {
         *         "theme": "dark"
         *       }
         *     }
         */
        MyChange: {
            name?: string | null;
            /** @enum {string} */
            locale?: "en" | "es";
            /** @description What a program keeps for its user; it takes the place of what was there */
            preferences?: {
                [key: string]: unknown;
            };
        };
        /**
         * @example {
         *       "name": "Till 1",
         *       "scopes": [
         *         "orders:read",
         *         "orders:write"
         *       ]
         *     }
         */
        NewApiKey: {
            name: string;
            scopes: ("orders:read" | "orders:write" | "products:read" | "products:write" | "webhooks:manage" | "dead-letters:manage" | "books:read" | "reports:read" | "accounts:manage" | "api-keys:manage" | "system:read" | "tenants:all")[];
            /**
             * Format: date-time
             * @description Never when left out
             */
            expiresAt?: string;
        };
        /**
         * @example {
         *       "since": "2026-01-30T00:00:00.000Z",
         *       "until": "2026-01-31T00:00:00.000Z",
         *       "onlyFailed": true
         *     }
         */
        NewEventReplay: {
            /**
             * Format: date-time
             * @description Events that happened then or later
             */
            since: string;
            /**
             * Format: date-time
             * @description Events that happened before; left out, until now
             */
            until?: string;
            /** @description Patterns, in place of those of the subscription */
            eventTypes?: string[];
            /**
             * @description Only events that were to be sent to this subscription, and none of whose deliveries arrived
             * @default false
             */
            onlyFailed?: boolean;
        };
        /**
         * @example {
         *       "email": "name@example.org",
         *       "scopes": [
         *         "orders:read",
         *         "orders:write"
         *       ]
         *     }
         */
        NewInvitation: {
            /** Format: email */
            email: string;
            scopes: ("orders:read" | "orders:write" | "products:read" | "products:write" | "webhooks:manage" | "dead-letters:manage" | "books:read" | "reports:read" | "accounts:manage" | "api-keys:manage" | "system:read" | "tenants:all")[];
            /**
             * @default en
             * @enum {string}
             */
            locale?: "en" | "es";
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "productId": "0190a000-0000-7000-8000-000000000001",
         *           "quantity": 2
         *         }
         *       ],
         *       "payment": {
         *         "method": "sim_approved"
         *       }
         *     }
         */
        NewOrder: components["schemas"]["NewOrderOfLines"] | components["schemas"]["NewOrderOfOneLine"];
        /**
         * @example {
         *       "productId": "0190a000-0000-7000-8000-000000000001",
         *       "quantity": 2
         *     }
         */
        NewOrderLine: {
            /** Format: uuid */
            productId: string;
            /** Format: int64 */
            quantity: number;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "productId": "0190a000-0000-7000-8000-000000000001",
         *           "quantity": 2
         *         }
         *       ],
         *       "payment": {
         *         "method": "sim_approved"
         *       }
         *     }
         */
        NewOrderOfLines: {
            items: components["schemas"]["NewOrderLine"][];
            payment?: components["schemas"]["ChosenPayment"];
            /** @description Where the customer is told that the order is confirmed, rejected or cancelled, and of each refund: an email, a phone, or both. It is in no webhook; DELETE /orders/{orderId}/notify erases it */
            notify?: components["schemas"]["OrderContact"];
        };
        /**
         * @example {
         *       "productId": "0190a000-0000-7000-8000-000000000001",
         *       "quantity": 2,
         *       "payment": {
         *         "method": "sim_approved"
         *       }
         *     }
         */
        NewOrderOfOneLine: {
            /** Format: uuid */
            productId: string;
            /** Format: int64 */
            quantity: number;
            payment?: components["schemas"]["ChosenPayment"];
            /** @description Where the customer is told that the order is confirmed, rejected or cancelled, and of each refund: an email, a phone, or both. It is in no webhook; DELETE /orders/{orderId}/notify erases it */
            notify?: components["schemas"]["OrderContact"];
        };
        /**
         * @example {
         *       "sku": "ESPRESSO",
         *       "name": "Espresso",
         *       "price": 180,
         *       "currency": "EUR",
         *       "stock": 40,
         *       "lowStockThreshold": 5
         *     }
         */
        NewProduct: {
            sku: string;
            name: string;
            /** Format: int64 */
            price: number;
            currency: string;
            /**
             * Format: int64
             * @default 0
             */
            stock?: number;
            /** @default true */
            active?: boolean;
            /** Format: int64 */
            lowStockThreshold?: number;
        };
        /**
         * @example {
         *       "amount": 180,
         *       "reason": "One was cold"
         *     }
         */
        NewRefund: {
            /**
             * Format: int64
             * @description In minor units of the currency of the order
             */
            amount?: number;
            reason: string;
        };
        /**
         * @example {
         *       "channel": "webhook",
         *       "target": "https://hooks.example.com/comanda",
         *       "eventTypes": [
         *         "order.*"
         *       ],
         *       "description": "Accounting"
         *     }
         */
        NewSubscription: {
            channel: components["schemas"]["Channel"];
            target: string;
            eventTypes: string[];
            description?: string;
            /** @description The language of messages that people read; en when left out. Refused for webhooks */
            locale?: components["schemas"]["Language"];
            /** @description How webhooks are signed: v1 (HMAC-SHA256, with a secret that the receiver has as well; the default), or v1a (Ed25519: the receiver has a public key, with which nobody can sign) */
            signature?: components["schemas"]["Signature"];
            /**
             * Format: int64
             * @description How many attempts may begin in any second, by each instance of webhook-publisher
             */
            rateLimitPerSecond?: number;
            secret?: string;
            headers?: {
                [key: string]: string;
            };
        };
        /** @example {} */
        Nothing: Record<string, never>;
        /**
         * @example {
         *       "notificationId": "0192d1a4-a200-8000-8000-00000000f001",
         *       "eventId": "0192d1a4-9000-7000-8000-00000000e001",
         *       "eventType": "order.confirmed",
         *       "channel": "email",
         *       "target": "a***@example.com",
         *       "status": "DELIVERED",
         *       "at": "2026-01-31T12:00:00.000Z",
         *       "attempts": [
         *         {
         *           "at": "2026-01-31T12:00:01.250Z",
         *           "statusCode": 250
         *         }
         *       ]
         *     }
         */
        Notification: {
            /** Format: uuid */
            notificationId: string;
            /** Format: uuid */
            eventId: string;
            eventType: string;
            channel: components["schemas"]["ContactChannel"];
            /** @description Where it goes, masked; missing once the contact is erased */
            target?: string;
            status: components["schemas"]["DeliveryStatus"];
            /** @description Why it was dropped, or has failed */
            reason?: string;
            /**
             * Format: date-time
             * @description When the event came
             */
            at: string;
            /**
             * Format: date-time
             * @description When the carrier said that a text had arrived
             */
            confirmedAt?: string;
            /** @description What Twilio told last of each text */
            reports?: {
                /**
                 * Format: date-time
                 * @description When we heard it
                 */
                at: string;
                /** @enum {string} */
                status: "queued" | "sending" | "sent" | "delivered" | "undelivered" | "failed";
                /**
                 * Format: int64
                 * @description Of Twilio: https://www.twilio.com/docs/api/errors
                 */
                errorCode?: number;
            }[];
            /** Format: date-time */
            nextAttemptAt?: string;
            attempts: {
                /** Format: date-time */
                at: string;
                /** Format: int64 */
                statusCode?: number;
                /** @description What was answered, or why nothing was; for staff */
                detail?: string;
            }[];
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "notificationId": "0192d1a4-a200-8000-8000-00000000f001",
         *           "eventId": "0192d1a4-9000-7000-8000-00000000e001",
         *           "eventType": "order.confirmed",
         *           "channel": "email",
         *           "target": "a***@example.com",
         *           "status": "DELIVERED",
         *           "at": "2026-01-31T12:00:00.000Z",
         *           "attempts": [
         *             {
         *               "at": "2026-01-31T12:00:01.250Z",
         *               "statusCode": 250
         *             }
         *           ]
         *         }
         *       ]
         *     }
         */
        NotificationList: {
            items: components["schemas"]["Notification"][];
        };
        /**
         * @example {
         *       "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
         *       "customerId": "0192d1a4-0000-7000-8000-00000000c001",
         *       "status": "CONFIRMED",
         *       "items": [
         *         {
         *           "productId": "0190a000-0000-7000-8000-000000000001",
         *           "sku": "ESPRESSO",
         *           "name": "Espresso",
         *           "quantity": 2,
         *           "unitPrice": 180,
         *           "lineTotal": 360
         *         }
         *       ],
         *       "totalAmount": 360,
         *       "currency": "EUR",
         *       "refundedAmount": 0,
         *       "createdAt": "2026-01-31T12:00:00.000Z",
         *       "updatedAt": "2026-01-31T12:00:01.250Z"
         *     }
         */
        Order: {
            /** Format: uuid */
            orderId: string;
            /** Format: uuid */
            customerId: string;
            status: components["schemas"]["OrderStatus"];
            /** @description As they were when the order was taken. An order that is rejected for what it asks for has no prices; a product that is not known goes by its id */
            items: components["schemas"]["OrderLine"][];
            /** Format: int64 */
            totalAmount: number;
            currency: string | "XXX";
            failureReason?: string;
            failureCode?: string;
            /** Format: int64 */
            refundedAmount: number;
            /**
             * Format: int64
             * @description Asked to be refunded, and on its way; missing when nothing is
             */
            refundingAmount?: number;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
        };
        /**
         * @example {
         *       "reason": "Changed my mind"
         *     }
         */
        OrderCancellation: {
            reason?: string;
        };
        /**
         * @example {
         *       "email": "ana@example.com",
         *       "locale": "es"
         *     }
         */
        OrderContact: {
            /** Format: email */
            email?: string;
            /** @description E.164: told by SMS */
            phone?: string;
            locale: components["schemas"]["ContactLocale"];
        };
        /**
         * @example {
         *       "productId": "0190a000-0000-7000-8000-000000000001",
         *       "sku": "ESPRESSO",
         *       "name": "Espresso",
         *       "quantity": 2,
         *       "unitPrice": 180,
         *       "lineTotal": 360
         *     }
         */
        OrderLine: {
            /** Format: uuid */
            productId: string;
            /** Format: int64 */
            quantity: number;
            sku?: string;
            name?: string;
            /** Format: int64 */
            unitPrice?: number;
            /** Format: int64 */
            lineTotal?: number;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
         *           "customerId": "0192d1a4-0000-7000-8000-00000000c001",
         *           "status": "CONFIRMED",
         *           "items": [
         *             {
         *               "productId": "0190a000-0000-7000-8000-000000000001",
         *               "sku": "ESPRESSO",
         *               "name": "Espresso",
         *               "quantity": 2,
         *               "unitPrice": 180,
         *               "lineTotal": 360
         *             }
         *           ],
         *           "totalAmount": 360,
         *           "currency": "EUR",
         *           "refundedAmount": 0,
         *           "createdAt": "2026-01-31T12:00:00.000Z",
         *           "updatedAt": "2026-01-31T12:00:01.250Z"
         *         }
         *       ],
         *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
         *     }
         */
        OrderPage: {
            items: components["schemas"]["Order"][];
            nextCursor: string | null;
        };
        /**
         * @example {
         *       "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
         *       "status": "CONFIRMED",
         *       "updatedAt": "2026-01-31T12:00:01.250Z"
         *     }
         */
        OrderState: {
            /** Format: uuid */
            orderId: string;
            status: components["schemas"]["OrderStatus"];
            failureReason?: string;
            /** Format: date-time */
            updatedAt: string;
        };
        /**
         * @example CONFIRMED
         * @enum {string}
         */
        OrderStatus: "PENDING" | "AWAITING_PAYMENT" | "CONFIRMED" | "REJECTED" | "CANCELLED" | "FULFILLED";
        /**
         * @description Server-sent events (`text/event-stream`)
         * @example id: 0192d1a4-9000-7000-8000-00000000e001
         *     event: step
         *     data: {"at":"2026-01-31T12:00:01.250Z","service":"orders-service","type":"order.confirmed","messageId":"0192d1a4-9000-7000-8000-00000000e001","detail":{"status":"CONFIRMED"}}
         */
        OrderStream: string;
        /**
         * @example {
         *       "items": [
         *         {
         *           "at": "2026-01-31T12:00:00.000Z",
         *           "service": "orders-service",
         *           "type": "order.created",
         *           "messageId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be0e1",
         *           "causationId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be0e0",
         *           "detail": {
         *             "totalAmount": 360,
         *             "currency": "EUR"
         *           }
         *         }
         *       ]
         *     }
         */
        OrderTimeline: {
            items: components["schemas"]["TimelineStep"][];
            /** @description Services that did not answer: what they know of is missing, and will be there later */
            missing?: string[];
        };
        /**
         * @example {
         *       "current": "correct horse battery",
         *       "password": "staple correct horse"
         *     }
         */
        PasswordChange: {
            /** Format: password */
            current: string;
            /** Format: password */
            password: string;
        };
        /**
         * @example {
         *       "paymentId": "0192d1a4-7d11-7aa2-9c1e-5b1a7f20c002",
         *       "status": "COMPLETED",
         *       "amount": 360,
         *       "currency": "EUR",
         *       "provider": "simulated",
         *       "refundedAmount": 0,
         *       "disputes": [],
         *       "createdAt": "2026-01-31T12:00:00.000Z"
         *     }
         */
        Payment: {
            /** Format: uuid */
            paymentId: string;
            status: components["schemas"]["PaymentStatus"];
            /** Format: int64 */
            amount: number;
            currency: string;
            provider: string;
            /** Format: int64 */
            refundedAmount: number;
            /** @default [] */
            disputes: components["schemas"]["Dispute"][];
            failureCode?: string;
            /** Format: date-time */
            createdAt: string;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "paymentId": "0192d1a4-7d11-7aa2-9c1e-5b1a7f20c002",
         *           "status": "COMPLETED",
         *           "amount": 360,
         *           "currency": "EUR",
         *           "provider": "simulated",
         *           "refundedAmount": 0,
         *           "disputes": [],
         *           "createdAt": "2026-01-31T12:00:00.000Z"
         *         }
         *       ]
         *     }
         */
        PaymentList: {
            items: components["schemas"]["Payment"][];
        };
        /**
         * @example COMPLETED
         * @enum {string}
         */
        PaymentStatus: "PENDING" | "COMPLETED" | "FAILED" | "REFUNDED";
        /**
         * @example {
         *       "status": "PENDING",
         *       "location": "/api/v1/products/0190a000-0000-7000-8000-000000000001"
         *     }
         */
        Pending: {
            /**
             * @description The request is safe on disk, and will be carried out or refused
             * @constant
             */
            status: "PENDING";
            /** @description Where to see what became of it; the same as in the header `Location` */
            location: string;
        };
        /**
         * @example {
         *       "refreshToken": "cmd_refresh_default.the-half-that-stays.the-half-that-changes"
         *     }
         */
        PresentedRefreshToken: {
            /** Format: password */
            refreshToken?: string;
        };
        /**
         * @example {
         *       "type": "about:blank",
         *       "title": "Not Found",
         *       "status": 404,
         *       "detail": "There is no such order.",
         *       "instance": "/api/v1/orders",
         *       "correlationId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be0ff",
         *       "code": "UNKNOWN_ORDER"
         *     }
         */
        Problem: {
            /** @constant */
            type: "about:blank";
            title: string;
            /** Format: int64 */
            status: number;
            detail: string;
            instance: string;
            correlationId: string;
            code: string;
            errors?: components["schemas"]["FieldError"][];
        };
        /**
         * @example {
         *       "productId": "0190a000-0000-7000-8000-000000000001",
         *       "sku": "ESPRESSO",
         *       "name": "Espresso",
         *       "price": 180,
         *       "currency": "EUR",
         *       "active": true,
         *       "available": 40
         *     }
         */
        Product: {
            /** Format: uuid */
            productId: string;
            sku: string;
            name: string;
            /** Format: int64 */
            price: number;
            currency: string;
            active: boolean;
            /** Format: int64 */
            available: number;
        };
        /**
         * @example {
         *       "price": 190,
         *       "active": false
         *     }
         */
        ProductChange: {
            name?: string;
            /** Format: int64 */
            price?: number;
            active?: boolean;
            /** @description Stock is low when no more than this is available; null takes it away */
            lowStockThreshold?: number | null;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "productId": "0190a000-0000-7000-8000-000000000001",
         *           "sku": "ESPRESSO",
         *           "name": "Espresso",
         *           "price": 180,
         *           "currency": "EUR",
         *           "active": true,
         *           "available": 40
         *         }
         *       ],
         *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
         *     }
         */
        ProductPage: {
            items: components["schemas"]["Product"][];
            nextCursor: string | null;
        };
        /**
         * @example {
         *       "kty": "OKP",
         *       "crv": "Ed25519",
         *       "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
         *       "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
         *       "alg": "EdDSA",
         *       "use": "sig"
         *     }
         */
        PublicKey: {
            /** @constant */
            kty: "OKP";
            /** @constant */
            crv: "Ed25519";
            x: string;
            /** @description The RFC 7638 thumbprint of the key */
            kid: string;
            /** @constant */
            alg: "EdDSA";
            /** @constant */
            use: "sig";
        };
        /**
         * @example {
         *       "received": true
         *     }
         */
        Received: {
            /** @constant */
            received: true;
        };
        /**
         * @example {
         *       "refundId": "0192d1a4-9000-7000-8000-00000000b001",
         *       "cause": "request",
         *       "status": "REFUNDED",
         *       "amount": 180,
         *       "currency": "EUR",
         *       "reason": "One was cold",
         *       "createdAt": "2026-01-31T12:00:00.000Z",
         *       "updatedAt": "2026-01-31T12:00:01.250Z"
         *     }
         */
        Refund: {
            /**
             * Format: uuid
             * @description The `requestId` of the request, if staff requested it
             */
            refundId: string;
            /**
             * @description `request`: staff requested it; `undo`: the order is off; `provider`: made at the provider; `dispute`: what a lost dispute took
             * @enum {string}
             */
            cause: "request" | "undo" | "provider" | "dispute";
            /**
             * @description `FAILED`: the provider did not give it back; `REJECTED`: the request was refused after its 202
             * @enum {string}
             */
            status: "PENDING" | "REFUNDED" | "FAILED" | "REJECTED";
            /**
             * Format: int64
             * @description Missing when all that was left was requested, and refused
             */
            amount?: number;
            currency: string | "XXX";
            failureCode?: string;
            failureReason?: string;
            /** @description Why staff requested it */
            reason?: string;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "refundId": "0192d1a4-9000-7000-8000-00000000b001",
         *           "cause": "request",
         *           "status": "REFUNDED",
         *           "amount": 180,
         *           "currency": "EUR",
         *           "reason": "One was cold",
         *           "createdAt": "2026-01-31T12:00:00.000Z",
         *           "updatedAt": "2026-01-31T12:00:01.250Z"
         *         }
         *       ]
         *     }
         */
        RefundList: {
            items: components["schemas"]["Refund"][];
        };
        /**
         * @example {
         *       "accountId": "0192d1a4-0000-7000-8000-00000000c001",
         *       "email": "name@example.org",
         *       "role": "customer",
         *       "createdAt": "2026-01-31T12:00:00.000Z"
         *     }
         */
        RegisteredAccount: {
            /** Format: uuid */
            accountId: string;
            email: string;
            /** @enum {string} */
            role: "customer" | "staff";
            createdAt: string;
        };
        /**
         * @example {
         *       "email": "name@example.org",
         *       "password": "correct horse battery"
         *     }
         */
        Registration: {
            /** @default default */
            tenant?: string;
            /** Format: email */
            email: string;
            /** Format: password */
            password: string;
        };
        /**
         * @example {
         *       "messageId": "0192d1a4-9000-7000-8000-00000000e001",
         *       "queue": "webhooks_queue",
         *       "type": "order.created",
         *       "service": "webhook-publisher",
         *       "handler": "publish event",
         *       "dryRun": false,
         *       "copies": 1,
         *       "fits": true,
         *       "detail": "Put back into webhooks_queue, for webhook-publisher alone: its schemas take it."
         *     }
         */
        Replay: {
            messageId: string;
            /** @description Where it is put back: there alone */
            queue: string;
            type?: string;
            service: string;
            handler?: string;
            dryRun: boolean;
            /**
             * Format: int64
             * @description How many of the same message; one effect all the same
             */
            copies: number;
            /** @description Whether the service's schemas take it now; its database has the last word */
            fits: boolean;
            detail: string;
        };
        /**
         * @example {
         *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
         *       "channel": "webhook",
         *       "target": "https://hooks.example.com/comanda",
         *       "eventTypes": [
         *         "order.*"
         *       ],
         *       "enabled": true,
         *       "createdAt": "2026-01-31T12:00:00.000Z",
         *       "signature": "v1",
         *       "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
         *     }
         */
        RotatedSubscription: {
            /** Format: uuid */
            subscriptionId: string;
            channel: components["schemas"]["Channel"];
            target: string;
            eventTypes: string[];
            description?: string;
            enabled: boolean;
            disabledReason?: string;
            /** @description How its webhooks are signed; other channels do not sign */
            signature?: components["schemas"]["Signature"];
            /** @description What receivers verify v1a signatures with */
            publicKey?: string;
            /** @description The language of its messages; a webhook has none, it is the event itself */
            locale?: components["schemas"]["Language"];
            /**
             * Format: int64
             * @description How many attempts may begin in any second
             */
            rateLimitPerSecond?: number;
            /** @description Of its custom headers; their values are shown to nobody */
            headerNames?: string[];
            /**
             * Format: date-time
             * @description Somebody in its chat said /mute: what it wants waits until then, and is told after that. A time that has passed mutes no longer
             */
            mutedUntil?: string;
            /** Format: date-time */
            createdAt: string;
            /** @description Where subscriptions are read */
            health?: components["schemas"]["SubscriptionHealth"];
            /** @description Shown this once */
            secret?: string;
        };
        /**
         * @example {
         *       "sessionId": "1f7d2c9e-5b1a-8e64-9d3f-6a0b4c8e2d10",
         *       "createdAt": "2026-01-31T12:00:00.000Z",
         *       "usedAt": "2026-01-31T12:00:01.250Z",
         *       "expiresAt": "2026-02-07T12:00:00.000Z",
         *       "userAgent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/147.0",
         *       "current": true
         *     }
         */
        Session: {
            /** Format: uuid */
            sessionId: string;
            createdAt: string;
            /** @description When it was refreshed last */
            usedAt: string;
            /** @description When it is over unless it is refreshed before */
            expiresAt: string;
            /** @description What the program that logged in called itself */
            userAgent: string | null;
            /** @description Whether this request’s token belongs to it */
            current: boolean;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "sessionId": "1f7d2c9e-5b1a-8e64-9d3f-6a0b4c8e2d10",
         *           "createdAt": "2026-01-31T12:00:00.000Z",
         *           "usedAt": "2026-01-31T12:00:01.250Z",
         *           "expiresAt": "2026-02-07T12:00:00.000Z",
         *           "userAgent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/147.0",
         *           "current": true
         *         }
         *       ]
         *     }
         */
        SessionList: {
            items: components["schemas"]["Session"][];
        };
        /**
         * @example v1
         * @enum {string}
         */
        Signature: "v1" | "v1a";
        /**
         * @example {
         *       "delta": -2,
         *       "reason": "broken"
         *     }
         */
        StockAdjustment: {
            /** Format: int64 */
            delta: number;
            reason: string;
        };
        /**
         * @example {
         *       "at": "2026-01-31T12:00:00.000Z",
         *       "delta": 40,
         *       "reason": "delivery",
         *       "actor": "0192d1a4-0000-7000-8000-00000000c002",
         *       "before": 0,
         *       "after": 40
         *     }
         */
        StockMovement: {
            /** Format: date-time */
            at: string;
            /** Format: int64 */
            delta: number;
            reason: string;
            /** Format: uuid */
            orderId?: string;
            actor: string;
            /** Format: int64 */
            before: number;
            /** Format: int64 */
            after: number;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "at": "2026-01-31T12:00:00.000Z",
         *           "delta": 40,
         *           "reason": "delivery",
         *           "actor": "0192d1a4-0000-7000-8000-00000000c002",
         *           "before": 0,
         *           "after": 40
         *         }
         *       ],
         *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
         *     }
         */
        StockMovementPage: {
            items: components["schemas"]["StockMovement"][];
            nextCursor: string | null;
        };
        /**
         * @example {
         *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
         *       "channel": "webhook",
         *       "target": "https://hooks.example.com/comanda",
         *       "eventTypes": [
         *         "order.*"
         *       ],
         *       "enabled": true,
         *       "createdAt": "2026-01-31T12:00:00.000Z",
         *       "signature": "v1"
         *     }
         */
        Subscription: {
            /** Format: uuid */
            subscriptionId: string;
            channel: components["schemas"]["Channel"];
            target: string;
            eventTypes: string[];
            description?: string;
            enabled: boolean;
            disabledReason?: string;
            /** @description How its webhooks are signed; other channels do not sign */
            signature?: components["schemas"]["Signature"];
            /** @description What receivers verify v1a signatures with */
            publicKey?: string;
            /** @description The language of its messages; a webhook has none, it is the event itself */
            locale?: components["schemas"]["Language"];
            /**
             * Format: int64
             * @description How many attempts may begin in any second
             */
            rateLimitPerSecond?: number;
            /** @description Of its custom headers; their values are shown to nobody */
            headerNames?: string[];
            /**
             * Format: date-time
             * @description Somebody in its chat said /mute: what it wants waits until then, and is told after that. A time that has passed mutes no longer
             */
            mutedUntil?: string;
            /** Format: date-time */
            createdAt: string;
            /** @description Where subscriptions are read */
            health?: components["schemas"]["SubscriptionHealth"];
        };
        /**
         * @example {
         *       "target": "https://hooks.example.com/comanda/2",
         *       "eventTypes": [
         *         "order.*",
         *         "payment.refunded"
         *       ]
         *     }
         */
        SubscriptionChange: {
            target?: string;
            eventTypes?: string[];
            /** @description `null` removes it */
            description?: string | null;
            enabled?: boolean;
            /** @description Of the messages from now on; refused for webhooks */
            locale?: components["schemas"]["Language"];
            /** @description `null` removes it */
            rateLimitPerSecond?: number | null;
            /** @description In place of all that there were; `null` removes them */
            headers?: {
                [key: string]: string;
            } | null;
        };
        /**
         * @example {
         *       "state": "HEALTHY",
         *       "circuit": "CLOSED",
         *       "pending": 0,
         *       "delivered24h": 310,
         *       "failed24h": 1,
         *       "lastDeliveredAt": "2026-01-31T12:00:01.250Z",
         *       "lastError": "answered 503"
         *     }
         */
        SubscriptionHealth: {
            /** @enum {string} */
            state: "HEALTHY" | "FAILING" | "DISABLED";
            /**
             * Format: date-time
             * @description Since then no delivery has arrived
             */
            failingSince?: string;
            /**
             * @description Whether its endpoint is left alone, as the instance sees it that answers
             * @enum {string}
             */
            circuit: "CLOSED" | "OPEN" | "HALF_OPEN";
            /**
             * Format: int64
             * @description Deliveries that wait; 1,000 are counted at most
             */
            pending: number;
            /**
             * Format: int64
             * @description In this hour and the 23 before
             */
            delivered24h: number;
            /** Format: int64 */
            failed24h: number;
            /** Format: date-time */
            lastDeliveredAt?: string;
            /** @description Why the last attempt failed that did, in the same hours */
            lastError?: string;
        };
        /**
         * @example {
         *       "items": [
         *         {
         *           "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
         *           "channel": "webhook",
         *           "target": "https://hooks.example.com/comanda",
         *           "eventTypes": [
         *             "order.*"
         *           ],
         *           "enabled": true,
         *           "createdAt": "2026-01-31T12:00:00.000Z",
         *           "signature": "v1"
         *         }
         *       ],
         *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
         *     }
         */
        SubscriptionPage: {
            items: components["schemas"]["Subscription"][];
            nextCursor: string | null;
        };
        /**
         * @example {
         *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
         *       "since": "2026-01-31T12:00:00.000Z",
         *       "until": "2026-01-31T13:00:00.000Z",
         *       "overall": {
         *         "delivered": 310,
         *         "failed": 1,
         *         "dropped": 0,
         *         "attempts": 318,
         *         "p50Ms": 86,
         *         "p99Ms": 1420
         *       },
         *       "hours": [
         *         {
         *           "hour": "2026-01-31T12:00:00.000Z",
         *           "delivered": 310,
         *           "failed": 1,
         *           "dropped": 0,
         *           "attempts": 318,
         *           "p50Ms": 86,
         *           "p99Ms": 1420
         *         }
         *       ],
         *       "lastAnswers": [
         *         {
         *           "deliveryId": "0192d1a4-a100-7000-8000-00000000d002",
         *           "at": "2026-01-31T12:00:01.250Z",
         *           "statusCode": 204,
         *           "durationMs": 84
         *         }
         *       ]
         *     }
         */
        SubscriptionStats: {
            /** Format: uuid */
            subscriptionId: string;
            /**
             * Format: date-time
             * @description The beginning of the first hour
             */
            since: string;
            /**
             * Format: date-time
             * @description The end of the last hour
             */
            until: string;
            overall: {
                /**
                 * Format: int64
                 * @description Deliveries that arrived
                 */
                delivered: number;
                /**
                 * Format: int64
                 * @description Deliveries that were given up
                 */
                failed: number;
                /**
                 * Format: int64
                 * @description Deliveries that were not sent, because the subscription was disabled or deleted
                 */
                dropped: number;
                /** Format: int64 */
                attempts: number;
                /**
                 * Format: int64
                 * @description Half of the attempts took no longer; up to a fifth too high
                 */
                p50Ms?: number;
                /**
                 * Format: int64
                 * @description 99 of 100 attempts took no longer; up to a fifth too high
                 */
                p99Ms?: number;
            };
            /** @description The oldest first; hours in which nothing was attempted are left out */
            hours: {
                /** Format: date-time */
                hour: string;
                /**
                 * Format: int64
                 * @description Deliveries that arrived
                 */
                delivered: number;
                /**
                 * Format: int64
                 * @description Deliveries that were given up
                 */
                failed: number;
                /**
                 * Format: int64
                 * @description Deliveries that were not sent, because the subscription was disabled or deleted
                 */
                dropped: number;
                /** Format: int64 */
                attempts: number;
                /**
                 * Format: int64
                 * @description Half of the attempts took no longer; up to a fifth too high
                 */
                p50Ms?: number;
                /**
                 * Format: int64
                 * @description 99 of 100 attempts took no longer; up to a fifth too high
                 */
                p99Ms?: number;
            }[];
            /** @description The newest first, ten at most */
            lastAnswers: components["schemas"]["LastAnswer"][];
        };
        /**
         * @example {
         *       "tenant": "north"
         *     }
         */
        TenantSwitch: {
            tenant: string;
        };
        /**
         * @example {
         *       "at": "2026-01-31T12:00:00.000Z",
         *       "service": "orders-service",
         *       "type": "order.created",
         *       "messageId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be0e1",
         *       "causationId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be0e0",
         *       "detail": {
         *         "totalAmount": 360,
         *         "currency": "EUR"
         *       }
         *     }
         */
        TimelineStep: {
            /** Format: date-time */
            at: string;
            service: string;
            type: string;
            /** Format: uuid */
            messageId: string;
            /** Format: uuid */
            causationId?: string;
            detail: {
                [key: string]: unknown;
            };
        };
    };
    responses: {
        /**
         * @description `TOO_MANY_LOG_INS`: Too many log in or register at this moment.
         *
         *     `TOO_MANY_REQUESTS`: More requests than the limit of this caller.
         */
        AcceptInvitationTooManyRequests: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 429;
                    /** @enum {unknown} */
                    code?: "TOO_MANY_LOG_INS" | "TOO_MANY_REQUESTS";
                };
            };
        };
        /**
         * @description `REQUEST_IN_FLIGHT`: A request with this Idempotency-Key is still in flight.
         *
         *     `TOO_MANY_API_KEYS`: There are as many API keys as there may be.
         */
        AddApiKeyConflict: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "REQUEST_IN_FLIGHT" | "TOO_MANY_API_KEYS";
                };
            };
        };
        /**
         * @description `REQUEST_IN_FLIGHT`: A request with this Idempotency-Key is still in flight.
         *
         *     `SKU_TAKEN`: Another product has this SKU.
         */
        AddProductConflict: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "REQUEST_IN_FLIGHT" | "SKU_TAKEN";
                };
            };
        };
        /**
         * @description `BAD_HEADERS`: Headers of our own that cannot go with what this channel sends.
         *
         *     `BAD_REQUEST`: The request cannot be understood: a header twice, a body where none belongs.
         *
         *     `BAD_SECRET`: The secret is none that a webhook can be signed with.
         *
         *     `BAD_TARGET`: The target is none that this channel can send to.
         *
         *     `CHANNEL_NOT_CONFIGURED`: The operator has not set this channel up; the detail names the settings.
         *
         *     `INVALID_IDEMPOTENCY_KEY`: The Idempotency-Key is not 1 to 255 printable ASCII characters.
         *
         *     `INVALID_REQUEST`: The request does not fit its schema; `errors` says where.
         *
         *     `JSON_TOO_DEEP`: The body is nested too deeply.
         *
         *     `MALFORMED_JSON`: The body is not JSON.
         *
         *     `MALFORMED_URL`: The URL is no percent-encoded UTF-8.
         *
         *     `NOT_UTF8`: The body is not UTF-8.
         *
         *     `NO_LOCALE_HERE`: A language where nobody reads a message.
         *
         *     `NO_SECRET_HERE`: A secret where nothing is signed.
         *
         *     `UNKNOWN_EVENT_TYPE`: There is no event of this type.
         *
         *     `UNREADABLE_REQUEST`: These bytes are no complete HTTP request, or it took too long to arrive.
         *
         *     `UNSAFE_TARGET`: The target leads where nothing may be sent to.
         */
        AddSubscriptionBadRequest: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 400;
                    /** @enum {unknown} */
                    code?: "BAD_HEADERS" | "BAD_REQUEST" | "BAD_SECRET" | "BAD_TARGET" | "CHANNEL_NOT_CONFIGURED" | "INVALID_IDEMPOTENCY_KEY" | "INVALID_REQUEST" | "JSON_TOO_DEEP" | "MALFORMED_JSON" | "MALFORMED_URL" | "NOT_UTF8" | "NO_LOCALE_HERE" | "NO_SECRET_HERE" | "UNKNOWN_EVENT_TYPE" | "UNREADABLE_REQUEST" | "UNSAFE_TARGET";
                };
            };
        };
        /**
         * @description `REQUEST_IN_FLIGHT`: A request with this Idempotency-Key is still in flight.
         *
         *     `TOO_MANY_SUBSCRIPTIONS`: There are as many subscriptions as there may be.
         */
        AddSubscriptionConflict: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "REQUEST_IN_FLIGHT" | "TOO_MANY_SUBSCRIPTIONS";
                };
            };
        };
        /**
         * @description `NOT_ENOUGH_STOCK`: There would be less than nothing on the shelf.
         *
         *     `REQUEST_IN_FLIGHT`: A request with this Idempotency-Key is still in flight.
         *
         *     `TOO_MUCH_STOCK`: There would be more on the shelf than can be counted.
         */
        AdjustStockConflict: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "NOT_ENOUGH_STOCK" | "REQUEST_IN_FLIGHT" | "TOO_MUCH_STOCK";
                };
            };
        };
        /**
         * @description `BAD_REQUEST`: The request cannot be understood: a header twice, a body where none belongs.
         *
         *     `INVALID_REQUEST`: The request does not fit its schema; `errors` says where.
         *
         *     `MALFORMED_URL`: The URL is no percent-encoded UTF-8.
         *
         *     `UNREADABLE_REQUEST`: These bytes are no complete HTTP request, or it took too long to arrive.
         */
        BadRequest: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 400;
                    /** @enum {unknown} */
                    code?: "BAD_REQUEST" | "INVALID_REQUEST" | "MALFORMED_URL" | "UNREADABLE_REQUEST";
                };
            };
        };
        /**
         * @description `BAD_REQUEST`: The request cannot be understood: a header twice, a body where none belongs.
         *
         *     `INVALID_REQUEST`: The request does not fit its schema; `errors` says where.
         *
         *     `JSON_TOO_DEEP`: The body is nested too deeply.
         *
         *     `MALFORMED_JSON`: The body is not JSON.
         *
         *     `MALFORMED_URL`: The URL is no percent-encoded UTF-8.
         *
         *     `NOT_UTF8`: The body is not UTF-8.
         *
         *     `UNREADABLE_REQUEST`: These bytes are no complete HTTP request, or it took too long to arrive.
         */
        BadRequestBody: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 400;
                    /** @enum {unknown} */
                    code?: "BAD_REQUEST" | "INVALID_REQUEST" | "JSON_TOO_DEEP" | "MALFORMED_JSON" | "MALFORMED_URL" | "NOT_UTF8" | "UNREADABLE_REQUEST";
                };
            };
        };
        /**
         * @description `BAD_REQUEST`: The request cannot be understood: a header twice, a body where none belongs.
         *
         *     `INVALID_IDEMPOTENCY_KEY`: The Idempotency-Key is not 1 to 255 printable ASCII characters.
         *
         *     `INVALID_REQUEST`: The request does not fit its schema; `errors` says where.
         *
         *     `JSON_TOO_DEEP`: The body is nested too deeply.
         *
         *     `MALFORMED_JSON`: The body is not JSON.
         *
         *     `MALFORMED_URL`: The URL is no percent-encoded UTF-8.
         *
         *     `NOT_UTF8`: The body is not UTF-8.
         *
         *     `UNREADABLE_REQUEST`: These bytes are no complete HTTP request, or it took too long to arrive.
         */
        BadRequestBodyKey: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 400;
                    /** @enum {unknown} */
                    code?: "BAD_REQUEST" | "INVALID_IDEMPOTENCY_KEY" | "INVALID_REQUEST" | "JSON_TOO_DEEP" | "MALFORMED_JSON" | "MALFORMED_URL" | "NOT_UTF8" | "UNREADABLE_REQUEST";
                };
            };
        };
        /**
         * @description `BAD_REQUEST`: The request cannot be understood: a header twice, a body where none belongs.
         *
         *     `INVALID_CURSOR`: The cursor is none that this list gave out.
         *
         *     `INVALID_REQUEST`: The request does not fit its schema; `errors` says where.
         *
         *     `MALFORMED_URL`: The URL is no percent-encoded UTF-8.
         *
         *     `UNREADABLE_REQUEST`: These bytes are no complete HTTP request, or it took too long to arrive.
         */
        BadRequestCursor: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 400;
                    /** @enum {unknown} */
                    code?: "BAD_REQUEST" | "INVALID_CURSOR" | "INVALID_REQUEST" | "MALFORMED_URL" | "UNREADABLE_REQUEST";
                };
            };
        };
        /** @description `BODY_TOO_LARGE`: The body is too large. */
        BodyTooLarge: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 413;
                    /** @enum {unknown} */
                    code?: "BODY_TOO_LARGE";
                };
            };
        };
        /**
         * @description `NOT_CANCELLABLE`: The order has ended and can’t be cancelled.
         *
         *     `REQUEST_IN_FLIGHT`: A request with this Idempotency-Key is still in flight.
         *
         *     `REQUEST_REFUSED`: The request was accepted, and refused later: its event was told.
         */
        CancelOrderConflict: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "NOT_CANCELLABLE" | "REQUEST_IN_FLIGHT" | "REQUEST_REFUSED";
                };
            };
        };
        /**
         * @description `FORBIDDEN`: This is for another role, or for who has an account here.
         *
         *     `TOKEN_UNMAPPED`: The token is good, and names no tenant or no role that counts here.
         *
         *     `WRONG_CREDENTIALS`: Tenant, e-mail address or password are wrong, or the account is closed.
         */
        ChangePasswordForbidden: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 403;
                    /** @enum {unknown} */
                    code?: "FORBIDDEN" | "TOKEN_UNMAPPED" | "WRONG_CREDENTIALS";
                };
            };
        };
        /**
         * @description `TOO_MANY_FAILURES`: Too many attempts to log in to this account have failed.
         *
         *     `TOO_MANY_LOG_INS`: Too many log in or register at this moment.
         *
         *     `TOO_MANY_REQUESTS`: More requests than the limit of this caller.
         */
        ChangePasswordTooManyRequests: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 429;
                    /** @enum {unknown} */
                    code?: "TOO_MANY_FAILURES" | "TOO_MANY_LOG_INS" | "TOO_MANY_REQUESTS";
                };
            };
        };
        /**
         * @description `BAD_HEADERS`: Headers of our own that cannot go with what this channel sends.
         *
         *     `BAD_REQUEST`: The request cannot be understood: a header twice, a body where none belongs.
         *
         *     `BAD_TARGET`: The target is none that this channel can send to.
         *
         *     `CHANNEL_NOT_CONFIGURED`: The operator has not set this channel up; the detail names the settings.
         *
         *     `INVALID_REQUEST`: The request does not fit its schema; `errors` says where.
         *
         *     `JSON_TOO_DEEP`: The body is nested too deeply.
         *
         *     `MALFORMED_JSON`: The body is not JSON.
         *
         *     `MALFORMED_URL`: The URL is no percent-encoded UTF-8.
         *
         *     `NOT_UTF8`: The body is not UTF-8.
         *
         *     `NO_LOCALE_HERE`: A language where nobody reads a message.
         *
         *     `UNKNOWN_EVENT_TYPE`: There is no event of this type.
         *
         *     `UNREADABLE_REQUEST`: These bytes are no complete HTTP request, or it took too long to arrive.
         *
         *     `UNSAFE_TARGET`: The target leads where nothing may be sent to.
         */
        ChangeSubscriptionBadRequest: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 400;
                    /** @enum {unknown} */
                    code?: "BAD_HEADERS" | "BAD_REQUEST" | "BAD_TARGET" | "CHANNEL_NOT_CONFIGURED" | "INVALID_REQUEST" | "JSON_TOO_DEEP" | "MALFORMED_JSON" | "MALFORMED_URL" | "NOT_UTF8" | "NO_LOCALE_HERE" | "UNKNOWN_EVENT_TYPE" | "UNREADABLE_REQUEST" | "UNSAFE_TARGET";
                };
            };
        };
        /** @description `EMAIL_TAKEN`: There is an account with this e-mail address. */
        EmailTaken: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "EMAIL_TAKEN";
                };
            };
        };
        /**
         * @description `FORBIDDEN`: This is for another role, or for who has an account here.
         *
         *     `TOKEN_UNMAPPED`: The token is good, and names no tenant or no role that counts here.
         */
        ForbiddenRole: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 403;
                    /** @enum {unknown} */
                    code?: "FORBIDDEN" | "TOKEN_UNMAPPED";
                };
            };
        };
        /**
         * @description `FORBIDDEN`: This is for another role, or for who has an account here.
         *
         *     `SCOPE_MISSING`: The caller lacks the scope that the route needs (`x-scope`), or one that is to be given.
         *
         *     `TOKEN_UNMAPPED`: The token is good, and names no tenant or no role that counts here.
         */
        ForbiddenRoleScope: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 403;
                    /** @enum {unknown} */
                    code?: "FORBIDDEN" | "SCOPE_MISSING" | "TOKEN_UNMAPPED";
                };
            };
        };
        /**
         * @description `SCOPE_MISSING`: The caller lacks the scope that the route needs (`x-scope`), or one that is to be given.
         *
         *     `TOKEN_UNMAPPED`: The token is good, and names no tenant or no role that counts here.
         */
        ForbiddenScope: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 403;
                    /** @enum {unknown} */
                    code?: "SCOPE_MISSING" | "TOKEN_UNMAPPED";
                };
            };
        };
        /**
         * @description `NOT_FULFILLABLE`: The order is not confirmed.
         *
         *     `REQUEST_IN_FLIGHT`: A request with this Idempotency-Key is still in flight.
         *
         *     `REQUEST_REFUSED`: The request was accepted, and refused later: its event was told.
         */
        FulfilOrderConflict: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "NOT_FULFILLABLE" | "REQUEST_IN_FLIGHT" | "REQUEST_REFUSED";
                };
            };
        };
        /**
         * @description `BAD_RANGE`: A range of time that ends before it begins.
         *
         *     `BAD_REQUEST`: The request cannot be understood: a header twice, a body where none belongs.
         *
         *     `INVALID_REQUEST`: The request does not fit its schema; `errors` says where.
         *
         *     `MALFORMED_URL`: The URL is no percent-encoded UTF-8.
         *
         *     `UNREADABLE_REQUEST`: These bytes are no complete HTTP request, or it took too long to arrive.
         */
        GetSubscriptionStatsBadRequest: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 400;
                    /** @enum {unknown} */
                    code?: "BAD_RANGE" | "BAD_REQUEST" | "INVALID_REQUEST" | "MALFORMED_URL" | "UNREADABLE_REQUEST";
                };
            };
        };
        /** @description `IDEMPOTENCY_KEY_REUSED`: The Idempotency-Key was used with another body. */
        IdempotencyKeyReused: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 422;
                    /** @enum {unknown} */
                    code?: "IDEMPOTENCY_KEY_REUSED";
                };
            };
        };
        /**
         * @description `INTERNAL`: A bug of ours.
         *
         *     `NOT_HANDLED`: A bug of the service that was to do it.
         *
         *     `QUERY_FAILED`: A bug of the service that was asked.
         */
        InternalServerError: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 500;
                    /** @enum {unknown} */
                    code?: "INTERNAL" | "NOT_HANDLED" | "QUERY_FAILED";
                };
            };
        };
        /** @description `INVITATION_INVALID`: The invitation was accepted or withdrawn, is over, or none of ours. */
        InvitationInvalid: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 404;
                    /** @enum {unknown} */
                    code?: "INVITATION_INVALID";
                };
            };
        };
        /**
         * @description `EMAIL_TAKEN`: There is an account with this e-mail address.
         *
         *     `REQUEST_IN_FLIGHT`: A request with this Idempotency-Key is still in flight.
         *
         *     `TOO_MANY_INVITATIONS`: There are as many invitations as there may be.
         */
        InviteConflict: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "EMAIL_TAKEN" | "REQUEST_IN_FLIGHT" | "TOO_MANY_INVITATIONS";
                };
            };
        };
        /** @description `LAST_OWNER`: It is the last owner of the tenant. */
        LastOwner: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "LAST_OWNER";
                };
            };
        };
        /**
         * @description `TOO_MANY_FAILURES`: Too many attempts to log in to this account have failed.
         *
         *     `TOO_MANY_LOG_INS`: Too many log in or register at this moment.
         *
         *     `TOO_MANY_REQUESTS`: More requests than the limit of this caller.
         */
        LogInTooManyRequests: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 429;
                    /** @enum {unknown} */
                    code?: "TOO_MANY_FAILURES" | "TOO_MANY_LOG_INS" | "TOO_MANY_REQUESTS";
                };
            };
        };
        /** @description `NOT_FOUND`: There is no such thing, or no longer. */
        NotFound: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 404;
                    /** @enum {unknown} */
                    code?: "NOT_FOUND";
                };
            };
        };
        /** @description `NOT_LOOPBACK`: A demo answers to the names of this machine alone. */
        NotLoopback: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 421;
                    /** @enum {unknown} */
                    code?: "NOT_LOOPBACK";
                };
            };
        };
        /** @description `NOTHING_SENT`: Nothing was sent about this order, or the history of it is over. */
        NothingSent: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 404;
                    /** @enum {unknown} */
                    code?: "NOTHING_SENT";
                };
            };
        };
        /** @description `ORIGIN_NOT_ALLOWED`: A session in a cookie is for pages of this very origin. */
        OriginNotAllowed: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 403;
                    /** @enum {unknown} */
                    code?: "ORIGIN_NOT_ALLOWED";
                };
            };
        };
        /**
         * @description `CURRENCY_NOT_IN_FORCE`: The currency of a product is not in force any more.
         *
         *     `IDEMPOTENCY_KEY_REUSED`: The Idempotency-Key was used with another body.
         *
         *     `PRODUCT_INACTIVE`: A product is not for sale.
         *
         *     `UNKNOWN_PRODUCT`: There is no such product.
         */
        PlaceOrderUnprocessableEntity: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 422;
                    /** @enum {unknown} */
                    code?: "CURRENCY_NOT_IN_FORCE" | "IDEMPOTENCY_KEY_REUSED" | "PRODUCT_INACTIVE" | "UNKNOWN_PRODUCT";
                };
            };
        };
        /** @description `PROOF_TOO_LARGE`: More was sent about the order than fits into one proof: name a subscription. */
        ProofTooLarge: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "PROOF_TOO_LARGE";
                };
            };
        };
        /**
         * @description `BAD_REQUEST`: The request cannot be understood: a header twice, a body where none belongs.
         *
         *     `INVALID_IDEMPOTENCY_KEY`: The Idempotency-Key is not 1 to 255 printable ASCII characters.
         *
         *     `INVALID_REQUEST`: The request does not fit its schema; `errors` says where.
         *
         *     `JSON_TOO_DEEP`: The body is nested too deeply.
         *
         *     `MALFORMED_JSON`: The body is not JSON.
         *
         *     `MALFORMED_URL`: The URL is no percent-encoded UTF-8.
         *
         *     `NOT_UTF8`: The body is not UTF-8.
         *
         *     `UNREADABLE_REQUEST`: These bytes are no complete HTTP request, or it took too long to arrive.
         */
        RefreshSessionBadRequest: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 400;
                    /** @enum {unknown} */
                    code?: "BAD_REQUEST" | "INVALID_IDEMPOTENCY_KEY" | "INVALID_REQUEST" | "JSON_TOO_DEEP" | "MALFORMED_JSON" | "MALFORMED_URL" | "NOT_UTF8" | "UNREADABLE_REQUEST";
                };
            };
        };
        /**
         * @description `REFRESH_TOKEN_MISSING`: There is no refresh token, neither in the body nor in the cookie.
         *
         *     `REFRESH_TOKEN_REUSED`: The refresh token was used before: its session has ended.
         *
         *     `SESSION_ENDED`: The session is over, or the password was changed since the log-in.
         */
        RefreshSessionUnauthorized: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                "Set-Cookie": components["headers"]["Set-Cookie"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 401;
                    /** @enum {unknown} */
                    code?: "REFRESH_TOKEN_MISSING" | "REFRESH_TOKEN_REUSED" | "SESSION_ENDED";
                };
            };
        };
        /** @description `REFRESH_TOKEN_MISSING`: There is no refresh token, neither in the body nor in the cookie. */
        RefreshTokenMissing: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 401;
                    /** @enum {unknown} */
                    code?: "REFRESH_TOKEN_MISSING";
                };
            };
        };
        /**
         * @description `EXCEEDS_REMAINING`: Less than this is left to be refunded.
         *
         *     `NOT_REFUNDABLE`: The order was not paid.
         *
         *     `REQUEST_IN_FLIGHT`: A request with this Idempotency-Key is still in flight.
         *
         *     `REQUEST_REFUSED`: The request was accepted, and refused later: its event was told.
         */
        RefundOrderConflict: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "EXCEEDS_REMAINING" | "NOT_REFUNDABLE" | "REQUEST_IN_FLIGHT" | "REQUEST_REFUSED";
                };
            };
        };
        /**
         * @description `EMAIL_TAKEN`: There is an account with this e-mail address.
         *
         *     `REQUEST_IN_FLIGHT`: A request with this Idempotency-Key is still in flight.
         */
        RegisterConflict: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "EMAIL_TAKEN" | "REQUEST_IN_FLIGHT";
                };
            };
        };
        /**
         * @description `TOO_MANY_FAILURES`: Too many attempts to log in to this account have failed.
         *
         *     `TOO_MANY_LOG_INS`: Too many log in or register at this moment.
         *
         *     `TOO_MANY_REQUESTS`: More requests than the limit of this caller.
         */
        RegisterTooManyRequests: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 429;
                    /** @enum {unknown} */
                    code?: "TOO_MANY_FAILURES" | "TOO_MANY_LOG_INS" | "TOO_MANY_REQUESTS";
                };
            };
        };
        /**
         * @description `EXPIRED`: It has expired: it must not take effect any more.
         *
         *     `REQUEST_IN_FLIGHT`: A request with this Idempotency-Key is still in flight.
         *
         *     `SEVERAL_QUEUES`: It is dead in several queues: say which.
         *
         *     `TOO_OLD`: Too old to be put back: nobody knows any more whether it took effect.
         *
         *     `WRONG_SENDER`: It was not sent by who may send it.
         */
        ReplayDeadLetterConflict: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "EXPIRED" | "REQUEST_IN_FLIGHT" | "SEVERAL_QUEUES" | "TOO_OLD" | "WRONG_SENDER";
                };
            };
        };
        /**
         * @description `BAD_RANGE`: A range of time that ends before it begins.
         *
         *     `BAD_REQUEST`: The request cannot be understood: a header twice, a body where none belongs.
         *
         *     `INVALID_IDEMPOTENCY_KEY`: The Idempotency-Key is not 1 to 255 printable ASCII characters.
         *
         *     `INVALID_REQUEST`: The request does not fit its schema; `errors` says where.
         *
         *     `JSON_TOO_DEEP`: The body is nested too deeply.
         *
         *     `MALFORMED_JSON`: The body is not JSON.
         *
         *     `MALFORMED_URL`: The URL is no percent-encoded UTF-8.
         *
         *     `NOT_UTF8`: The body is not UTF-8.
         *
         *     `UNKNOWN_EVENT_TYPE`: There is no event of this type.
         *
         *     `UNREADABLE_REQUEST`: These bytes are no complete HTTP request, or it took too long to arrive.
         */
        ReplayEventsBadRequest: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 400;
                    /** @enum {unknown} */
                    code?: "BAD_RANGE" | "BAD_REQUEST" | "INVALID_IDEMPOTENCY_KEY" | "INVALID_REQUEST" | "JSON_TOO_DEEP" | "MALFORMED_JSON" | "MALFORMED_URL" | "NOT_UTF8" | "UNKNOWN_EVENT_TYPE" | "UNREADABLE_REQUEST";
                };
            };
        };
        /**
         * @description `REPLAY_RUNNING`: A replay of this subscription is running; one runs at a time.
         *
         *     `REQUEST_IN_FLIGHT`: A request with this Idempotency-Key is still in flight.
         *
         *     `SUBSCRIPTION_DISABLED`: The subscription is disabled, so nothing is sent to it.
         */
        ReplayEventsConflict: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "REPLAY_RUNNING" | "REQUEST_IN_FLIGHT" | "SUBSCRIPTION_DISABLED";
                };
            };
        };
        /**
         * @description `TOO_MANY_HEADERS`: More headers than are read.
         *
         *     `UNREADABLE_REQUEST`: These bytes are no complete HTTP request, or it took too long to arrive.
         */
        RequestHeaderFieldsTooLarge: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 431;
                    /** @enum {unknown} */
                    code?: "TOO_MANY_HEADERS" | "UNREADABLE_REQUEST";
                };
            };
        };
        /** @description `REQUEST_IN_FLIGHT`: A request with this Idempotency-Key is still in flight. */
        RequestInFlight: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "REQUEST_IN_FLIGHT";
                };
            };
        };
        /** @description `UNREADABLE_REQUEST`: These bytes are no complete HTTP request, or it took too long to arrive. */
        RequestTimeout: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 408;
                    /** @enum {unknown} */
                    code?: "UNREADABLE_REQUEST";
                };
            };
        };
        /**
         * @description `REQUEST_IN_FLIGHT`: A request with this Idempotency-Key is still in flight.
         *
         *     `SUBSCRIPTION_DELETED`: Its subscription was deleted.
         */
        RetryDeliveryConflict: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "REQUEST_IN_FLIGHT" | "SUBSCRIPTION_DELETED";
                };
            };
        };
        /**
         * @description `BAD_REQUEST`: The request cannot be understood: a header twice, a body where none belongs.
         *
         *     `INVALID_IDEMPOTENCY_KEY`: The Idempotency-Key is not 1 to 255 printable ASCII characters.
         *
         *     `INVALID_REQUEST`: The request does not fit its schema; `errors` says where.
         *
         *     `JSON_TOO_DEEP`: The body is nested too deeply.
         *
         *     `MALFORMED_JSON`: The body is not JSON.
         *
         *     `MALFORMED_URL`: The URL is no percent-encoded UTF-8.
         *
         *     `NOT_UTF8`: The body is not UTF-8.
         *
         *     `NO_SECRET_HERE`: A secret where nothing is signed.
         *
         *     `UNREADABLE_REQUEST`: These bytes are no complete HTTP request, or it took too long to arrive.
         */
        RotateSecretBadRequest: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 400;
                    /** @enum {unknown} */
                    code?: "BAD_REQUEST" | "INVALID_IDEMPOTENCY_KEY" | "INVALID_REQUEST" | "JSON_TOO_DEEP" | "MALFORMED_JSON" | "MALFORMED_URL" | "NOT_UTF8" | "NO_SECRET_HERE" | "UNREADABLE_REQUEST";
                };
            };
        };
        /**
         * @description `REQUEST_IN_FLIGHT`: A request with this Idempotency-Key is still in flight.
         *
         *     `TOO_MANY_SECRETS`: As many secrets of this subscription sign as may, after rotations in the last 24 hours.
         */
        RotateSecretConflict: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "REQUEST_IN_FLIGHT" | "TOO_MANY_SECRETS";
                };
            };
        };
        /**
         * @description `BROKER_UNAVAILABLE`: It cannot be accepted durably at the moment; nothing was changed.
         *
         *     `SERVICE_UNAVAILABLE`: The service that could answer does not; nothing was changed.
         *
         *     `STORAGE_UNAVAILABLE`: The database does not answer; nothing was changed.
         *
         *     `UNKNOWN_QUERY`: The service that was asked is older than the gateway: it is being replaced.
         */
        ServiceUnavailable: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 503;
                    /** @enum {unknown} */
                    code?: "BROKER_UNAVAILABLE" | "SERVICE_UNAVAILABLE" | "STORAGE_UNAVAILABLE" | "UNKNOWN_QUERY";
                };
            };
        };
        /**
         * @description `BROKER_UNAVAILABLE`: It cannot be accepted durably at the moment; nothing was changed.
         *
         *     `ISSUER_UNAVAILABLE`: The issuer of the token does not tell its keys, so nobody knows whether it holds.
         *
         *     `SERVICE_UNAVAILABLE`: The service that could answer does not; nothing was changed.
         *
         *     `STORAGE_UNAVAILABLE`: The database does not answer; nothing was changed.
         *
         *     `UNKNOWN_QUERY`: The service that was asked is older than the gateway: it is being replaced.
         */
        ServiceUnavailableToken: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 503;
                    /** @enum {unknown} */
                    code?: "BROKER_UNAVAILABLE" | "ISSUER_UNAVAILABLE" | "SERVICE_UNAVAILABLE" | "STORAGE_UNAVAILABLE" | "UNKNOWN_QUERY";
                };
            };
        };
        /** @description `SEVERAL_QUEUES`: It is dead in several queues: say which. */
        SeveralQueues: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 409;
                    /** @enum {unknown} */
                    code?: "SEVERAL_QUEUES";
                };
            };
        };
        /** @description `SIGNATURE_INVALID`: The signature does not fit, or is too old. */
        SignatureInvalid: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 403;
                    /** @enum {unknown} */
                    code?: "SIGNATURE_INVALID";
                };
            };
        };
        /**
         * @description `FORBIDDEN`: This is for another role, or for who has an account here.
         *
         *     `SCOPE_MISSING`: The caller lacks the scope that the route needs (`x-scope`), or one that is to be given.
         *
         *     `TOKEN_UNMAPPED`: The token is good, and names no tenant or no role that counts here.
         */
        StreamLiveChangesForbidden: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 403;
                    /** @enum {unknown} */
                    code?: "FORBIDDEN" | "SCOPE_MISSING" | "TOKEN_UNMAPPED";
                };
            };
        };
        /**
         * @description `TOO_MANY_REQUESTS`: More requests than the limit of this caller.
         *
         *     `TOO_MANY_STREAMS`: This caller has as many streams open as they may have at once.
         */
        StreamLiveChangesTooManyRequests: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 429;
                    /** @enum {unknown} */
                    code?: "TOO_MANY_REQUESTS" | "TOO_MANY_STREAMS";
                };
            };
        };
        /**
         * @description `ACCOUNT_CLOSED`: The account of the token or API key is closed.
         *
         *     `API_KEY_EXPIRED`: The API key has expired.
         *
         *     `API_KEY_INVALID`: The API key is none of ours, or was deleted.
         *
         *     `SESSION_ENDED`: The session is over, or the password was changed since the log-in.
         *
         *     `TICKET_INVALID`: The ticket was used, is over, or never was.
         *
         *     `TOKEN_EXPIRED`: The token has expired.
         *
         *     `TOKEN_INVALID`: The token does not hold.
         *
         *     `TOKEN_MISSING`: There is no token.
         */
        StreamLiveChangesUnauthorized: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                "Set-Cookie": components["headers"]["Set-Cookie"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 401;
                    /** @enum {unknown} */
                    code?: "ACCOUNT_CLOSED" | "API_KEY_EXPIRED" | "API_KEY_INVALID" | "SESSION_ENDED" | "TICKET_INVALID" | "TOKEN_EXPIRED" | "TOKEN_INVALID" | "TOKEN_MISSING";
                };
            };
        };
        /**
         * @description `TOO_MANY_REQUESTS`: More requests than the limit of this caller.
         *
         *     `TOO_MANY_STREAMS`: This caller has as many streams open as they may have at once.
         */
        StreamOrderTooManyRequests: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 429;
                    /** @enum {unknown} */
                    code?: "TOO_MANY_REQUESTS" | "TOO_MANY_STREAMS";
                };
            };
        };
        /**
         * @description `ACCOUNT_CLOSED`: The account of the token or API key is closed.
         *
         *     `API_KEY_EXPIRED`: The API key has expired.
         *
         *     `API_KEY_INVALID`: The API key is none of ours, or was deleted.
         *
         *     `SESSION_ENDED`: The session is over, or the password was changed since the log-in.
         *
         *     `TICKET_INVALID`: The ticket was used, is over, or never was.
         *
         *     `TOKEN_EXPIRED`: The token has expired.
         *
         *     `TOKEN_INVALID`: The token does not hold.
         *
         *     `TOKEN_MISSING`: There is no token.
         */
        StreamOrderUnauthorized: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                "Set-Cookie": components["headers"]["Set-Cookie"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 401;
                    /** @enum {unknown} */
                    code?: "ACCOUNT_CLOSED" | "API_KEY_EXPIRED" | "API_KEY_INVALID" | "SESSION_ENDED" | "TICKET_INVALID" | "TOKEN_EXPIRED" | "TOKEN_INVALID" | "TOKEN_MISSING";
                };
            };
        };
        /**
         * @description `BAD_REQUEST`: The request cannot be understood: a header twice, a body where none belongs.
         *
         *     `INVALID_REQUEST`: The request does not fit its schema; `errors` says where.
         *
         *     `JSON_TOO_DEEP`: The body is nested too deeply.
         *
         *     `MALFORMED_JSON`: The body is not JSON.
         *
         *     `MALFORMED_URL`: The URL is no percent-encoded UTF-8.
         *
         *     `NOT_UTF8`: The body is not UTF-8.
         *
         *     `SIGNATURE_INVALID`: The signature does not fit, or is too old.
         *
         *     `UNREADABLE_REQUEST`: These bytes are no complete HTTP request, or it took too long to arrive.
         */
        TakeStripeEventBadRequest: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 400;
                    /** @enum {unknown} */
                    code?: "BAD_REQUEST" | "INVALID_REQUEST" | "JSON_TOO_DEEP" | "MALFORMED_JSON" | "MALFORMED_URL" | "NOT_UTF8" | "SIGNATURE_INVALID" | "UNREADABLE_REQUEST";
                };
            };
        };
        /** @description `TOKEN_UNMAPPED`: The token is good, and names no tenant or no role that counts here. */
        TokenUnmapped: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 403;
                    /** @enum {unknown} */
                    code?: "TOKEN_UNMAPPED";
                };
            };
        };
        /** @description `TOO_MANY_REQUESTS`: More requests than the limit of this caller. */
        TooManyRequests: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 429;
                    /** @enum {unknown} */
                    code?: "TOO_MANY_REQUESTS";
                };
            };
        };
        /**
         * @description `ACCOUNT_CLOSED`: The account of the token or API key is closed.
         *
         *     `API_KEY_EXPIRED`: The API key has expired.
         *
         *     `API_KEY_INVALID`: The API key is none of ours, or was deleted.
         *
         *     `SESSION_ENDED`: The session is over, or the password was changed since the log-in.
         *
         *     `TOKEN_EXPIRED`: The token has expired.
         *
         *     `TOKEN_INVALID`: The token does not hold.
         *
         *     `TOKEN_MISSING`: There is no token.
         */
        Unauthorized: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                "Set-Cookie": components["headers"]["Set-Cookie"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 401;
                    /** @enum {unknown} */
                    code?: "ACCOUNT_CLOSED" | "API_KEY_EXPIRED" | "API_KEY_INVALID" | "SESSION_ENDED" | "TOKEN_EXPIRED" | "TOKEN_INVALID" | "TOKEN_MISSING";
                };
            };
        };
        /** @description `UNKNOWN_DELIVERY`: There is no such delivery. */
        UnknownDelivery: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 404;
                    /** @enum {unknown} */
                    code?: "UNKNOWN_DELIVERY";
                };
            };
        };
        /** @description `UNKNOWN_ORDER`: There is no such order, or it belongs to another customer. */
        UnknownOrder: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 404;
                    /** @enum {unknown} */
                    code?: "UNKNOWN_ORDER";
                };
            };
        };
        /** @description `UNKNOWN_PRODUCT`: There is no such product. */
        UnknownProduct: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 404;
                    /** @enum {unknown} */
                    code?: "UNKNOWN_PRODUCT";
                };
            };
        };
        /** @description `UNKNOWN_REPLAY`: This subscription has no such replay. */
        UnknownReplay: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 404;
                    /** @enum {unknown} */
                    code?: "UNKNOWN_REPLAY";
                };
            };
        };
        /** @description `UNKNOWN_SUBSCRIPTION`: There is no such subscription. */
        UnknownSubscription: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 404;
                    /** @enum {unknown} */
                    code?: "UNKNOWN_SUBSCRIPTION";
                };
            };
        };
        /** @description `UNKNOWN_TENANT`: There is no tenant of this name. */
        UnknownTenant: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 404;
                    /** @enum {unknown} */
                    code?: "UNKNOWN_TENANT";
                };
            };
        };
        /** @description `UNSUPPORTED_MEDIA_TYPE`: The body is not application/json in UTF-8, or it is compressed. */
        UnsupportedMediaType: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 415;
                    /** @enum {unknown} */
                    code?: "UNSUPPORTED_MEDIA_TYPE";
                };
            };
        };
        /** @description `URL_TOO_LONG`: A part of the path is longer than any id. */
        UrlTooLong: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 414;
                    /** @enum {unknown} */
                    code?: "URL_TOO_LONG";
                };
            };
        };
        /** @description `WRONG_CREDENTIALS`: Tenant, e-mail address or password are wrong, or the account is closed. */
        WrongCredentials: {
            headers: {
                "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                RateLimit: components["headers"]["RateLimit"];
                "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @constant */
                    status?: 401;
                    /** @enum {unknown} */
                    code?: "WRONG_CREDENTIALS";
                };
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: {
        /**
         * @description Names the request in every log line and message that came of it: the one that was sent, when it is well formed, else a new one.
         * @example 0192d1a4-7c3b-7f7e-8a51-3d0c6a9be0ff
         */
        "X-Correlation-Id": string;
        /**
         * @description What is left of the limit that the request was counted by: `r` requests, for `t` seconds. Missing where there is no limit.
         * @example "default";r=5999;t=42
         */
        RateLimit: string;
        /**
         * @description The limit: `q` requests in `w` seconds.
         * @example "default";q=6000;w=60
         */
        "RateLimit-Policy": string;
        /**
         * @description In how many seconds the same request may succeed.
         * @example 3
         */
        "Retry-After": string;
        /**
         * @description Names these very bytes (RFC 9110): send it as `If-None-Match` to be told only what has changed.
         * @example "zS2-9zbdgQzg7pD1aZbF1o_0xDu"
         */
        ETag: string;
        /**
         * @description The path of what was made.
         * @example /api/v1/orders/0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001
         */
        Location: string;
        /**
         * @description The answer was given before to the same request, under the same Idempotency-Key; nothing was done again.
         * @example true
         */
        "Idempotent-Replayed": string;
        /**
         * @description The refresh token of a session, for pages of this origin: `HttpOnly; SameSite=Strict; Secure`. Missing where the session has it in the body.
         * @example comanda_refresh=...; HttpOnly; SameSite=Strict; Secure; Path=/api/v1/auth; Max-Age=604800
         */
        "Set-Cookie": string;
        /**
         * @description How to authenticate, and what was wrong with the token (RFC 6750).
         * @example Bearer realm="comanda"
         */
        "WWW-Authenticate": string;
        /**
         * @description For proxies: pass events on as they come.
         * @example no
         */
        "X-Accel-Buffering": string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    logIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "name@example.org",
                 *       "password": "correct horse battery"
                 *     }
                 */
                "application/json": components["schemas"]["LogIn"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "accessToken": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTkyIn0.c2ln",
                     *       "tokenType": "Bearer",
                     *       "expiresIn": 600,
                     *       "sessionId": "1f7d2c9e-5b1a-8e64-9d3f-6a0b4c8e2d10",
                     *       "sessionExpiresAt": "2026-02-07T12:00:00.000Z",
                     *       "refreshToken": "cmd_refresh_default.the-half-that-stays.the-half-that-changes"
                     *     }
                     */
                    "application/json": components["schemas"]["AccessToken"];
                };
            };
            400: components["responses"]["BadRequestBody"];
            401: components["responses"]["WrongCredentials"];
            403: components["responses"]["OriginNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["LogInTooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "accountId": "0192d1a4-0000-7000-8000-00000000c002",
                     *       "email": "name@example.org",
                     *       "name": "Ana Ruiz",
                     *       "role": "staff",
                     *       "scopes": [
                     *         "orders:read",
                     *         "orders:write"
                     *       ],
                     *       "tenantId": "default",
                     *       "locale": "en",
                     *       "preferences": {
                     *         "theme": "dark"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Me"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRole"];
            408: components["responses"]["RequestTimeout"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    changeMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Ana Ruiz",
                 *       "preferences": {
                 *         "theme": "dark"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["MyChange"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "accountId": "0192d1a4-0000-7000-8000-00000000c002",
                     *       "email": "name@example.org",
                     *       "name": "Ana Ruiz",
                     *       "role": "staff",
                     *       "scopes": [
                     *         "orders:read",
                     *         "orders:write"
                     *       ],
                     *       "tenantId": "default",
                     *       "locale": "en",
                     *       "preferences": {
                     *         "theme": "dark"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Me"];
                };
            };
            400: components["responses"]["BadRequestBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRole"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "current": "correct horse battery",
                 *       "password": "staple correct horse"
                 *     }
                 */
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description Success */
            204: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequestBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ChangePasswordForbidden"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["ChangePasswordTooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    listInvitations: {
        parameters: {
            query?: {
                /**
                 * @description How many at most
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the page before
                 * @example WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "invitationId": "0192d1a4-0000-7000-8000-00000000f002",
                     *           "email": "name@example.org",
                     *           "scopes": [
                     *             "orders:read",
                     *             "orders:write"
                     *           ],
                     *           "locale": "en",
                     *           "invitedBy": "0192d1a4-0000-7000-8000-00000000c002",
                     *           "createdAt": "2026-01-31T12:00:00.000Z",
                     *           "expiresAt": "2026-02-07T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
                     *     }
                     */
                    "application/json": components["schemas"]["InvitationPage"];
                };
            };
            400: components["responses"]["BadRequestCursor"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            408: components["responses"]["RequestTimeout"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    invite: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.
                 * @example 7f0c2a3e-order-of-table-4
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "name@example.org",
                 *       "scopes": [
                 *         "orders:read",
                 *         "orders:write"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["NewInvitation"];
            };
        };
        responses: {
            /** @description Success */
            201: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "invitationId": "0192d1a4-0000-7000-8000-00000000f002",
                     *       "email": "name@example.org",
                     *       "scopes": [
                     *         "orders:read",
                     *         "orders:write"
                     *       ],
                     *       "locale": "en",
                     *       "invitedBy": "0192d1a4-0000-7000-8000-00000000c002",
                     *       "createdAt": "2026-01-31T12:00:00.000Z",
                     *       "expiresAt": "2026-02-07T12:00:00.000Z",
                     *       "token": "cmd_invite_4fGh2k9Q4fGh2k9Q4fGh2k9Q4fGh2k9Q2Xk0aB",
                     *       "link": "/console/accept-invitation#token=cmd_invite_4fGh2k9Q4fGh2k9Q4fGh2k9Q4fGh2k9Q2Xk0aB"
                     *     }
                     */
                    "application/json": components["schemas"]["CreatedInvitation"];
                };
            };
            400: components["responses"]["BadRequestBodyKey"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["InviteConflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    withdrawInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The invitation
                 * @example 0192d1a4-b000-7000-8000-00000000a001
                 */
                invitationId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            204: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    acceptInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "token": "cmd_invite_4fGh2k9Q4fGh2k9Q4fGh2k9Q4fGh2k9Q2Xk0aB",
                 *       "password": "correct horse battery"
                 *     }
                 */
                "application/json": components["schemas"]["InvitationAcceptance"];
            };
        };
        responses: {
            /** @description Success */
            201: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "accountId": "0192d1a4-0000-7000-8000-00000000c001",
                     *       "email": "name@example.org",
                     *       "role": "customer",
                     *       "createdAt": "2026-01-31T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["RegisteredAccount"];
                };
            };
            400: components["responses"]["BadRequestBody"];
            404: components["responses"]["InvitationInvalid"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["EmailTaken"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["AcceptInvitationTooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listAccounts: {
        parameters: {
            query?: {
                /**
                 * @description Only accounts of this role
                 * @example staff
                 */
                role?: "customer" | "staff";
                /**
                 * @description How many at most
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the page before
                 * @example WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "accountId": "0192d1a4-0000-7000-8000-00000000c002",
                     *           "email": "name@example.org",
                     *           "name": "Ana Ruiz",
                     *           "role": "staff",
                     *           "scopes": [
                     *             "orders:read",
                     *             "orders:write"
                     *           ],
                     *           "enabled": true,
                     *           "createdAt": "2026-01-31T12:00:00.000Z"
                     *         }
                     *       ],
                     *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
                     *     }
                     */
                    "application/json": components["schemas"]["AccountPage"];
                };
            };
            400: components["responses"]["BadRequestCursor"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            408: components["responses"]["RequestTimeout"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    changeAccount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The account
                 * @example 0192d1a4-0000-7000-8000-00000000c001
                 */
                accountId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "scopes": [
                 *         "orders:read",
                 *         "orders:write"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["AccountChange"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "accountId": "0192d1a4-0000-7000-8000-00000000c002",
                     *       "email": "name@example.org",
                     *       "name": "Ana Ruiz",
                     *       "role": "staff",
                     *       "scopes": [
                     *         "orders:read",
                     *         "orders:write"
                     *       ],
                     *       "enabled": true,
                     *       "createdAt": "2026-01-31T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Account"];
                };
            };
            400: components["responses"]["BadRequestBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["LastOwner"];
            413: components["responses"]["BodyTooLarge"];
            414: components["responses"]["UrlTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    listApiKeys: {
        parameters: {
            query?: {
                /**
                 * @description How many at most
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the page before
                 * @example WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "keyId": "0192d1a4-0000-7000-8000-00000000f001",
                     *           "name": "Till 1",
                     *           "scopes": [
                     *             "orders:read",
                     *             "orders:write"
                     *           ],
                     *           "prefix": "cmd_live_4fGh2k9Q",
                     *           "accountId": "0192d1a4-0000-7000-8000-00000000c002",
                     *           "createdAt": "2026-01-31T12:00:00.000Z",
                     *           "expiresAt": null,
                     *           "lastUsedAt": null
                     *         }
                     *       ],
                     *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
                     *     }
                     */
                    "application/json": components["schemas"]["ApiKeyPage"];
                };
            };
            400: components["responses"]["BadRequestCursor"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            408: components["responses"]["RequestTimeout"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    addApiKey: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.
                 * @example 7f0c2a3e-order-of-table-4
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "Till 1",
                 *       "scopes": [
                 *         "orders:read",
                 *         "orders:write"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["NewApiKey"];
            };
        };
        responses: {
            /** @description Success */
            201: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "keyId": "0192d1a4-0000-7000-8000-00000000f001",
                     *       "name": "Till 1",
                     *       "scopes": [
                     *         "orders:read",
                     *         "orders:write"
                     *       ],
                     *       "prefix": "cmd_live_4fGh2k9Q",
                     *       "accountId": "0192d1a4-0000-7000-8000-00000000c002",
                     *       "createdAt": "2026-01-31T12:00:00.000Z",
                     *       "expiresAt": null,
                     *       "lastUsedAt": null,
                     *       "key": "cmd_live_4fGh2k9Q4fGh2k9Q4fGh2k9Q4fGh2k9Q2Xk0aB"
                     *     }
                     */
                    "application/json": components["schemas"]["CreatedApiKey"];
                };
            };
            400: components["responses"]["BadRequestBodyKey"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["AddApiKeyConflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    deleteApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The API key
                 * @example 0192d1a4-b000-7000-8000-00000000a002
                 */
                keyId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            204: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    refreshSession: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description With the same key and the same refresh token the answer comes again, for as long as its own refresh token was not used. Without one a refresh token that is sent twice ends its session.
                 * @example 7f0c2a3e-order-of-table-4
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "refreshToken": "cmd_refresh_default.the-half-that-stays.the-half-that-changes"
                 *     }
                 */
                "application/json": components["schemas"]["PresentedRefreshToken"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "accessToken": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTkyIn0.c2ln",
                     *       "tokenType": "Bearer",
                     *       "expiresIn": 600,
                     *       "sessionId": "1f7d2c9e-5b1a-8e64-9d3f-6a0b4c8e2d10",
                     *       "sessionExpiresAt": "2026-02-07T12:00:00.000Z",
                     *       "refreshToken": "cmd_refresh_default.the-half-that-stays.the-half-that-changes"
                     *     }
                     */
                    "application/json": components["schemas"]["AccessToken"];
                };
            };
            400: components["responses"]["RefreshSessionBadRequest"];
            401: components["responses"]["RefreshSessionUnauthorized"];
            403: components["responses"]["OriginNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    logOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "refreshToken": "cmd_refresh_default.the-half-that-stays.the-half-that-changes"
                 *     }
                 */
                "application/json": components["schemas"]["PresentedRefreshToken"];
            };
        };
        responses: {
            /** @description Success */
            204: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Set-Cookie": components["headers"]["Set-Cookie"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequestBody"];
            401: components["responses"]["RefreshTokenMissing"];
            403: components["responses"]["OriginNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "sessionId": "1f7d2c9e-5b1a-8e64-9d3f-6a0b4c8e2d10",
                     *           "createdAt": "2026-01-31T12:00:00.000Z",
                     *           "usedAt": "2026-01-31T12:00:01.250Z",
                     *           "expiresAt": "2026-02-07T12:00:00.000Z",
                     *           "userAgent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/147.0",
                     *           "current": true
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["SessionList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRole"];
            408: components["responses"]["RequestTimeout"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    endSessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            204: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRole"];
            408: components["responses"]["RequestTimeout"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The session
                 * @example 1f7d2c9e-5b1a-8e64-9d3f-6a0b4c8e2d10
                 */
                sessionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            204: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRole"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    register: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.
                 * @example 7f0c2a3e-order-of-table-4
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "name@example.org",
                 *       "password": "correct horse battery"
                 *     }
                 */
                "application/json": components["schemas"]["Registration"];
            };
        };
        responses: {
            /** @description Success */
            201: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "accountId": "0192d1a4-0000-7000-8000-00000000c001",
                     *       "email": "name@example.org",
                     *       "role": "customer",
                     *       "createdAt": "2026-01-31T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["RegisteredAccount"];
                };
            };
            400: components["responses"]["BadRequestBodyKey"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["RegisterConflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["RegisterTooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    switchTenant: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "tenant": "north"
                 *     }
                 */
                "application/json": components["schemas"]["TenantSwitch"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "accessToken": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTkyIn0.c2ln",
                     *       "tokenType": "Bearer",
                     *       "expiresIn": 600,
                     *       "sessionId": "1f7d2c9e-5b1a-8e64-9d3f-6a0b4c8e2d10",
                     *       "sessionExpiresAt": "2026-02-07T12:00:00.000Z",
                     *       "refreshToken": "cmd_refresh_default.the-half-that-stays.the-half-that-changes"
                     *     }
                     */
                    "application/json": components["schemas"]["AccessToken"];
                };
            };
            400: components["responses"]["BadRequestBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["UnknownTenant"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    listPublicKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "keys": [
                     *         {
                     *           "kty": "OKP",
                     *           "crv": "Ed25519",
                     *           "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                     *           "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
                     *           "alg": "EdDSA",
                     *           "use": "sig"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["KeySet"];
                };
            };
            400: components["responses"]["BadRequest"];
            408: components["responses"]["RequestTimeout"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listOrders: {
        parameters: {
            query?: {
                /**
                 * @description Only what stands so
                 * @example CONFIRMED
                 */
                status?: components["schemas"]["OrderStatus"];
                /**
                 * @description Only what was created later
                 * @example 2026-01-31T12:00:00.000Z
                 */
                createdAfter?: string;
                /**
                 * @description Only what was created earlier
                 * @example 2026-01-31T12:00:01.250Z
                 */
                createdBefore?: string;
                /**
                 * @description How many at most
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the page before
                 * @example WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd
                 */
                cursor?: string;
            };
            header?: {
                /**
                 * @description The `ETag` of an answer that you have, or several, or `*`: what has not changed since is a 304
                 * @example "3q2-7wAAAAA"
                 */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
                     *           "customerId": "0192d1a4-0000-7000-8000-00000000c001",
                     *           "status": "CONFIRMED",
                     *           "items": [
                     *             {
                     *               "productId": "0190a000-0000-7000-8000-000000000001",
                     *               "sku": "ESPRESSO",
                     *               "name": "Espresso",
                     *               "quantity": 2,
                     *               "unitPrice": 180,
                     *               "lineTotal": 360
                     *             }
                     *           ],
                     *           "totalAmount": 360,
                     *           "currency": "EUR",
                     *           "refundedAmount": 0,
                     *           "createdAt": "2026-01-31T12:00:00.000Z",
                     *           "updatedAt": "2026-01-31T12:00:01.250Z"
                     *         }
                     *       ],
                     *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
                     *     }
                     */
                    "application/json": components["schemas"]["OrderPage"];
                };
            };
            /** @description You have it already: it is still the answer with this `ETag`. */
            304: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequestCursor"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenScope"];
            408: components["responses"]["RequestTimeout"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    placeOrder: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.
                 * @example 7f0c2a3e-order-of-table-4
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "items": [
                 *         {
                 *           "productId": "0190a000-0000-7000-8000-000000000001",
                 *           "quantity": 2
                 *         }
                 *       ],
                 *       "payment": {
                 *         "method": "sim_approved"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["NewOrder"];
            };
        };
        responses: {
            /** @description Accepted. Yes is told by `order.confirmed`; a refusal by `order.rejected`, `order.cancelled`, `order.createRejected`. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
                     *       "status": "PENDING",
                     *       "createdAt": "2026-01-31T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["AcceptedOrder"];
                };
            };
            400: components["responses"]["BadRequestBodyKey"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["RequestInFlight"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            422: components["responses"]["PlaceOrderUnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    cancelOrder: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.
                 * @example 7f0c2a3e-order-of-table-4
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description The order
                 * @example 0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001
                 */
                orderId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "reason": "Changed my mind"
                 *     }
                 */
                "application/json": components["schemas"]["OrderCancellation"];
            };
        };
        responses: {
            /** @description Accepted. Yes is told by `order.cancelled`; a refusal by `order.cancelRejected`. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
                     *       "requestId": "0192d1a4-9000-7000-8000-00000000b001",
                     *       "status": "CONFIRMED"
                     *     }
                     */
                    "application/json": components["schemas"]["AcceptedRequest"];
                };
            };
            400: components["responses"]["BadRequestBodyKey"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenScope"];
            404: components["responses"]["UnknownOrder"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["CancelOrderConflict"];
            413: components["responses"]["BodyTooLarge"];
            414: components["responses"]["UrlTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    listOrderRefunds: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The order
                 * @example 0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001
                 */
                orderId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "refundId": "0192d1a4-9000-7000-8000-00000000b001",
                     *           "cause": "request",
                     *           "status": "REFUNDED",
                     *           "amount": 180,
                     *           "currency": "EUR",
                     *           "reason": "One was cold",
                     *           "createdAt": "2026-01-31T12:00:00.000Z",
                     *           "updatedAt": "2026-01-31T12:00:01.250Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["RefundList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenScope"];
            404: components["responses"]["UnknownOrder"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    refundOrder: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.
                 * @example 7f0c2a3e-order-of-table-4
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description The order
                 * @example 0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001
                 */
                orderId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "amount": 180,
                 *       "reason": "One was cold"
                 *     }
                 */
                "application/json": components["schemas"]["NewRefund"];
            };
        };
        responses: {
            /** @description Accepted. Yes is told by `order.refundRequested`, `payment.refunded`; a refusal by `order.refundRejected`, `payment.refundFailed`. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
                     *       "requestId": "0192d1a4-9000-7000-8000-00000000b001",
                     *       "status": "CONFIRMED"
                     *     }
                     */
                    "application/json": components["schemas"]["AcceptedRequest"];
                };
            };
            400: components["responses"]["BadRequestBodyKey"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["UnknownOrder"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["RefundOrderConflict"];
            413: components["responses"]["BodyTooLarge"];
            414: components["responses"]["UrlTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    fulfilOrder: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.
                 * @example 7f0c2a3e-order-of-table-4
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description The order
                 * @example 0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001
                 */
                orderId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /** @example {} */
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            /** @description Accepted. Yes is told by `order.fulfilled`; a refusal by `order.fulfilRejected`. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
                     *       "requestId": "0192d1a4-9000-7000-8000-00000000b001",
                     *       "status": "CONFIRMED"
                     *     }
                     */
                    "application/json": components["schemas"]["AcceptedRequest"];
                };
            };
            400: components["responses"]["BadRequestBodyKey"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["UnknownOrder"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["FulfilOrderConflict"];
            413: components["responses"]["BodyTooLarge"];
            414: components["responses"]["UrlTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    getOrder: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` of an answer that you have, or several, or `*`: what has not changed since is a 304
                 * @example "3q2-7wAAAAA"
                 */
                "If-None-Match"?: string;
            };
            path: {
                /**
                 * @description The order
                 * @example 0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001
                 */
                orderId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
                     *       "customerId": "0192d1a4-0000-7000-8000-00000000c001",
                     *       "status": "CONFIRMED",
                     *       "items": [
                     *         {
                     *           "productId": "0190a000-0000-7000-8000-000000000001",
                     *           "sku": "ESPRESSO",
                     *           "name": "Espresso",
                     *           "quantity": 2,
                     *           "unitPrice": 180,
                     *           "lineTotal": 360
                     *         }
                     *       ],
                     *       "totalAmount": 360,
                     *       "currency": "EUR",
                     *       "refundedAmount": 0,
                     *       "createdAt": "2026-01-31T12:00:00.000Z",
                     *       "updatedAt": "2026-01-31T12:00:01.250Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Order"];
                };
            };
            /** @description You have it already: it is still the answer with this `ETag`. */
            304: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenScope"];
            404: components["responses"]["UnknownOrder"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    getOrderStatus: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` of an answer that you have, or several, or `*`: what has not changed since is a 304
                 * @example "3q2-7wAAAAA"
                 */
                "If-None-Match"?: string;
            };
            path: {
                /**
                 * @description The order
                 * @example 0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001
                 */
                orderId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
                     *       "status": "CONFIRMED",
                     *       "updatedAt": "2026-01-31T12:00:01.250Z"
                     *     }
                     */
                    "application/json": components["schemas"]["OrderState"];
                };
            };
            /** @description You have it already: it is still the answer with this `ETag`. */
            304: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenScope"];
            404: components["responses"]["UnknownOrder"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    getOrderTimeline: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The order
                 * @example 0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001
                 */
                orderId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "at": "2026-01-31T12:00:00.000Z",
                     *           "service": "orders-service",
                     *           "type": "order.created",
                     *           "messageId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be0e1",
                     *           "causationId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be0e0",
                     *           "detail": {
                     *             "totalAmount": 360,
                     *             "currency": "EUR"
                     *           }
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["OrderTimeline"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenScope"];
            404: components["responses"]["UnknownOrder"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    listOrderPayments: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The order
                 * @example 0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001
                 */
                orderId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "paymentId": "0192d1a4-7d11-7aa2-9c1e-5b1a7f20c002",
                     *           "status": "COMPLETED",
                     *           "amount": 360,
                     *           "currency": "EUR",
                     *           "provider": "simulated",
                     *           "refundedAmount": 0,
                     *           "disputes": [],
                     *           "createdAt": "2026-01-31T12:00:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["PaymentList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenScope"];
            404: components["responses"]["UnknownOrder"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    listOrderNotifications: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The order
                 * @example 0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001
                 */
                orderId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "notificationId": "0192d1a4-a200-8000-8000-00000000f001",
                     *           "eventId": "0192d1a4-9000-7000-8000-00000000e001",
                     *           "eventType": "order.confirmed",
                     *           "channel": "email",
                     *           "target": "a***@example.com",
                     *           "status": "DELIVERED",
                     *           "at": "2026-01-31T12:00:00.000Z",
                     *           "attempts": [
                     *             {
                     *               "at": "2026-01-31T12:00:01.250Z",
                     *               "statusCode": 250
                     *             }
                     *           ]
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["NotificationList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenScope"];
            404: components["responses"]["UnknownOrder"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    eraseOrderContact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The order
                 * @example 0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001
                 */
                orderId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted: it is safe on disk, and the service that carries it out does not answer yet. `Location` says where to look; the same request with the same Idempotency-Key gets the final answer. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    Location: components["headers"]["Location"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "PENDING",
                     *       "location": "/api/v1/products/0190a000-0000-7000-8000-000000000001"
                     *     }
                     */
                    "application/json": components["schemas"]["Pending"];
                };
            };
            /** @description Success */
            204: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenScope"];
            404: components["responses"]["UnknownOrder"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    streamOrder: {
        parameters: {
            query?: {
                /**
                 * @description Of `POST /live/tickets`; for clients that can send no header
                 * @example o2tuWkkJ9Bv0c8LQ1yqXcVhWmZ4rSfXG6aYx0PzE7nA
                 */
                ticket?: string;
                /**
                 * @description In the place of the header `Last-Event-ID`, for clients that can send no header
                 * @example 0192d1a4-9000-7000-8000-00000000e001
                 */
                lastEventId?: string;
            };
            header?: {
                /**
                 * @description The id of the last event that was heard: what came since follows
                 * @example 0192d1a4-9000-7000-8000-00000000e001
                 */
                "Last-Event-ID"?: string;
            };
            path: {
                /**
                 * @description The order
                 * @example 0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001
                 */
                orderId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Accel-Buffering": components["headers"]["X-Accel-Buffering"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example id: 0192d1a4-9000-7000-8000-00000000e001
                     *     event: step
                     *     data: {"at":"2026-01-31T12:00:01.250Z","service":"orders-service","type":"order.confirmed","messageId":"0192d1a4-9000-7000-8000-00000000e001","detail":{"status":"CONFIRMED"}}
                     */
                    "text/event-stream": components["schemas"]["OrderStream"];
                };
            };
            /** @description The order has ended, and all of it was heard: do not come back */
            204: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["StreamOrderUnauthorized"];
            403: components["responses"]["ForbiddenScope"];
            404: components["responses"]["UnknownOrder"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["StreamOrderTooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    streamLiveChanges: {
        parameters: {
            query: {
                /**
                 * @description One or several of `orders`, `products`, `webhooks`, with commas between them
                 * @example orders,products
                 */
                topics: string;
                /**
                 * @description Of `POST /live/tickets`; for clients that can send no header
                 * @example o2tuWkkJ9Bv0c8LQ1yqXcVhWmZ4rSfXG6aYx0PzE7nA
                 */
                ticket?: string;
                /**
                 * @description In the place of the header `Last-Event-ID`, for clients that can send no header
                 * @example 0192d1a4-9000-7000-8000-00000000e001
                 */
                lastEventId?: string;
            };
            header?: {
                /**
                 * @description The id of the last event that was heard: what came since follows
                 * @example 0192d1a4-9000-7000-8000-00000000e001
                 */
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "X-Accel-Buffering": components["headers"]["X-Accel-Buffering"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example id: k3f9_xQ2.17.0192d1a4-9000-7000-8000-00000000e001-0
                     *     event: ORDER_UPDATED
                     *     data: {"orderId":"0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001","status":"CONFIRMED","totalAmount":360,"currency":"EUR","updatedAt":"2026-01-31T12:00:01.250Z"}
                     */
                    "text/event-stream": components["schemas"]["LiveStream"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["StreamLiveChangesUnauthorized"];
            403: components["responses"]["StreamLiveChangesForbidden"];
            408: components["responses"]["RequestTimeout"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["StreamLiveChangesTooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    createLiveTicket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            201: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "ticket": "o2tuWkkJ9Bv0c8LQ1yqXcVhWmZ4rSfXG6aYx0PzE7nA",
                     *       "expiresIn": 30
                     *     }
                     */
                    "application/json": components["schemas"]["LiveTicket"];
                };
            };
            400: components["responses"]["BadRequestBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["TokenUnmapped"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    listProducts: {
        parameters: {
            query?: {
                /**
                 * @description Part of the name or the SKU, in capitals or small letters
                 * @example espr
                 */
                q?: string;
                /**
                 * @description Only what is for sale, or only what is not
                 * @example true
                 */
                active?: boolean;
                /**
                 * @description How many at most
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the page before
                 * @example WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd
                 */
                cursor?: string;
            };
            header?: {
                /**
                 * @description The `ETag` of an answer that you have, or several, or `*`: what has not changed since is a 304
                 * @example "3q2-7wAAAAA"
                 */
                "If-None-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "productId": "0190a000-0000-7000-8000-000000000001",
                     *           "sku": "ESPRESSO",
                     *           "name": "Espresso",
                     *           "price": 180,
                     *           "currency": "EUR",
                     *           "active": true,
                     *           "available": 40
                     *         }
                     *       ],
                     *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
                     *     }
                     */
                    "application/json": components["schemas"]["ProductPage"];
                };
            };
            /** @description You have it already: it is still the answer with this `ETag`. */
            304: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequestCursor"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["TokenUnmapped"];
            408: components["responses"]["RequestTimeout"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    addProduct: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.
                 * @example 7f0c2a3e-order-of-table-4
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "sku": "ESPRESSO",
                 *       "name": "Espresso",
                 *       "price": 180,
                 *       "currency": "EUR",
                 *       "stock": 40,
                 *       "lowStockThreshold": 5
                 *     }
                 */
                "application/json": components["schemas"]["NewProduct"];
            };
        };
        responses: {
            /** @description Success */
            201: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "productId": "0190a000-0000-7000-8000-000000000001",
                     *       "sku": "ESPRESSO",
                     *       "name": "Espresso",
                     *       "price": 180,
                     *       "currency": "EUR",
                     *       "active": true,
                     *       "available": 40
                     *     }
                     */
                    "application/json": components["schemas"]["Product"];
                };
            };
            /** @description Accepted: it is safe on disk, and the service that carries it out does not answer yet. `Location` says where to look; the same request with the same Idempotency-Key gets the final answer. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    Location: components["headers"]["Location"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "PENDING",
                     *       "location": "/api/v1/products/0190a000-0000-7000-8000-000000000001"
                     *     }
                     */
                    "application/json": components["schemas"]["Pending"];
                };
            };
            400: components["responses"]["BadRequestBodyKey"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["AddProductConflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    getProduct: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The `ETag` of an answer that you have, or several, or `*`: what has not changed since is a 304
                 * @example "3q2-7wAAAAA"
                 */
                "If-None-Match"?: string;
            };
            path: {
                /**
                 * @description The product
                 * @example 0190a000-0000-7000-8000-000000000001
                 */
                productId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "productId": "0190a000-0000-7000-8000-000000000001",
                     *       "sku": "ESPRESSO",
                     *       "name": "Espresso",
                     *       "price": 180,
                     *       "currency": "EUR",
                     *       "active": true,
                     *       "available": 40
                     *     }
                     */
                    "application/json": components["schemas"]["Product"];
                };
            };
            /** @description You have it already: it is still the answer with this `ETag`. */
            304: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["TokenUnmapped"];
            404: components["responses"]["UnknownProduct"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    changeProduct: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The product
                 * @example 0190a000-0000-7000-8000-000000000001
                 */
                productId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "price": 190,
                 *       "active": false
                 *     }
                 */
                "application/json": components["schemas"]["ProductChange"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "productId": "0190a000-0000-7000-8000-000000000001",
                     *       "sku": "ESPRESSO",
                     *       "name": "Espresso",
                     *       "price": 180,
                     *       "currency": "EUR",
                     *       "active": true,
                     *       "available": 40
                     *     }
                     */
                    "application/json": components["schemas"]["Product"];
                };
            };
            /** @description Accepted: it is safe on disk, and the service that carries it out does not answer yet. `Location` says where to look; the same request with the same Idempotency-Key gets the final answer. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    Location: components["headers"]["Location"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "PENDING",
                     *       "location": "/api/v1/products/0190a000-0000-7000-8000-000000000001"
                     *     }
                     */
                    "application/json": components["schemas"]["Pending"];
                };
            };
            400: components["responses"]["BadRequestBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["UnknownProduct"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            414: components["responses"]["UrlTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    listStockMovements: {
        parameters: {
            query?: {
                /**
                 * @description How many at most
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the page before
                 * @example WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd
                 */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description The product
                 * @example 0190a000-0000-7000-8000-000000000001
                 */
                productId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "at": "2026-01-31T12:00:00.000Z",
                     *           "delta": 40,
                     *           "reason": "delivery",
                     *           "actor": "0192d1a4-0000-7000-8000-00000000c002",
                     *           "before": 0,
                     *           "after": 40
                     *         }
                     *       ],
                     *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
                     *     }
                     */
                    "application/json": components["schemas"]["StockMovementPage"];
                };
            };
            400: components["responses"]["BadRequestCursor"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["UnknownProduct"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    adjustStock: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.
                 * @example 7f0c2a3e-order-of-table-4
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description The product
                 * @example 0190a000-0000-7000-8000-000000000001
                 */
                productId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "delta": -2,
                 *       "reason": "broken"
                 *     }
                 */
                "application/json": components["schemas"]["StockAdjustment"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "productId": "0190a000-0000-7000-8000-000000000001",
                     *       "sku": "ESPRESSO",
                     *       "name": "Espresso",
                     *       "price": 180,
                     *       "currency": "EUR",
                     *       "active": true,
                     *       "available": 40
                     *     }
                     */
                    "application/json": components["schemas"]["Product"];
                };
            };
            /** @description Accepted: it is safe on disk, and the service that carries it out does not answer yet. `Location` says where to look; the same request with the same Idempotency-Key gets the final answer. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    Location: components["headers"]["Location"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "PENDING",
                     *       "location": "/api/v1/products/0190a000-0000-7000-8000-000000000001"
                     *     }
                     */
                    "application/json": components["schemas"]["Pending"];
                };
            };
            400: components["responses"]["BadRequestBodyKey"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["UnknownProduct"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["AdjustStockConflict"];
            413: components["responses"]["BodyTooLarge"];
            414: components["responses"]["UrlTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    takeStripeEvent: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description What Stripe signed the body with
                 * @example t=1769860800,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd
                 */
                "Stripe-Signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "received": true
                     *     }
                     */
                    "application/json": components["schemas"]["Received"];
                };
            };
            400: components["responses"]["TakeStripeEventBadRequest"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    takeTextReport: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description What Twilio signed the URL and the fields with
                 * @example RSOYDt4T1cUTdK1PDd93/VVr8B8=
                 */
                "X-Twilio-Signature": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            204: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequestBody"];
            403: components["responses"]["SignatureInvalid"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listSubscriptions: {
        parameters: {
            query?: {
                /**
                 * @description How many at most
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the page before
                 * @example WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
                     *           "channel": "webhook",
                     *           "target": "https://hooks.example.com/comanda",
                     *           "eventTypes": [
                     *             "order.*"
                     *           ],
                     *           "enabled": true,
                     *           "createdAt": "2026-01-31T12:00:00.000Z",
                     *           "signature": "v1"
                     *         }
                     *       ],
                     *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
                     *     }
                     */
                    "application/json": components["schemas"]["SubscriptionPage"];
                };
            };
            400: components["responses"]["BadRequestCursor"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            408: components["responses"]["RequestTimeout"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    addSubscription: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.
                 * @example 7f0c2a3e-order-of-table-4
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "channel": "webhook",
                 *       "target": "https://hooks.example.com/comanda",
                 *       "eventTypes": [
                 *         "order.*"
                 *       ],
                 *       "description": "Accounting"
                 *     }
                 */
                "application/json": components["schemas"]["NewSubscription"];
            };
        };
        responses: {
            /** @description Success */
            201: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
                     *       "channel": "webhook",
                     *       "target": "https://hooks.example.com/comanda",
                     *       "eventTypes": [
                     *         "order.*"
                     *       ],
                     *       "enabled": true,
                     *       "createdAt": "2026-01-31T12:00:00.000Z",
                     *       "signature": "v1",
                     *       "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
                     *     }
                     */
                    "application/json": components["schemas"]["RotatedSubscription"];
                };
            };
            400: components["responses"]["AddSubscriptionBadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["AddSubscriptionConflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    getSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription
                 * @example 0192d1a4-a000-7000-8000-00000000d001
                 */
                subscriptionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
                     *       "channel": "webhook",
                     *       "target": "https://hooks.example.com/comanda",
                     *       "eventTypes": [
                     *         "order.*"
                     *       ],
                     *       "enabled": true,
                     *       "createdAt": "2026-01-31T12:00:00.000Z",
                     *       "signature": "v1"
                     *     }
                     */
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["UnknownSubscription"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    removeSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription
                 * @example 0192d1a4-a000-7000-8000-00000000d001
                 */
                subscriptionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted: it is safe on disk, and the service that carries it out does not answer yet. `Location` says where to look; the same request with the same Idempotency-Key gets the final answer. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    Location: components["headers"]["Location"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "PENDING",
                     *       "location": "/api/v1/products/0190a000-0000-7000-8000-000000000001"
                     *     }
                     */
                    "application/json": components["schemas"]["Pending"];
                };
            };
            /** @description Success */
            204: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["UnknownSubscription"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    changeSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription
                 * @example 0192d1a4-a000-7000-8000-00000000d001
                 */
                subscriptionId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "target": "https://hooks.example.com/comanda/2",
                 *       "eventTypes": [
                 *         "order.*",
                 *         "payment.refunded"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["SubscriptionChange"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
                     *       "channel": "webhook",
                     *       "target": "https://hooks.example.com/comanda",
                     *       "eventTypes": [
                     *         "order.*"
                     *       ],
                     *       "enabled": true,
                     *       "createdAt": "2026-01-31T12:00:00.000Z",
                     *       "signature": "v1"
                     *     }
                     */
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            /** @description Accepted: it is safe on disk, and the service that carries it out does not answer yet. `Location` says where to look; the same request with the same Idempotency-Key gets the final answer. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    Location: components["headers"]["Location"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "PENDING",
                     *       "location": "/api/v1/products/0190a000-0000-7000-8000-000000000001"
                     *     }
                     */
                    "application/json": components["schemas"]["Pending"];
                };
            };
            400: components["responses"]["ChangeSubscriptionBadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["UnknownSubscription"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            414: components["responses"]["UrlTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    rotateSecret: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.
                 * @example 7f0c2a3e-order-of-table-4
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description The subscription
                 * @example 0192d1a4-a000-7000-8000-00000000d001
                 */
                subscriptionId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /** @example {} */
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
                     *       "channel": "webhook",
                     *       "target": "https://hooks.example.com/comanda",
                     *       "eventTypes": [
                     *         "order.*"
                     *       ],
                     *       "enabled": true,
                     *       "createdAt": "2026-01-31T12:00:00.000Z",
                     *       "signature": "v1",
                     *       "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
                     *     }
                     */
                    "application/json": components["schemas"]["RotatedSubscription"];
                };
            };
            400: components["responses"]["RotateSecretBadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["UnknownSubscription"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["RotateSecretConflict"];
            413: components["responses"]["BodyTooLarge"];
            414: components["responses"]["UrlTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    replayEvents: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.
                 * @example 7f0c2a3e-order-of-table-4
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description The subscription
                 * @example 0192d1a4-a000-7000-8000-00000000d001
                 */
                subscriptionId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "since": "2026-01-30T00:00:00.000Z",
                 *       "until": "2026-01-31T00:00:00.000Z",
                 *       "onlyFailed": true
                 *     }
                 */
                "application/json": components["schemas"]["NewEventReplay"];
            };
        };
        responses: {
            /** @description Accepted. Yes is told by the events themselves, which arrive at their target; a refusal by `webhook.deliveryFailed`. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "replayId": "0192d1a4-a200-7000-8000-00000000d003",
                     *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
                     *       "status": "RUNNING",
                     *       "since": "2026-01-30T00:00:00.000Z",
                     *       "until": "2026-01-31T00:00:00.000Z",
                     *       "onlyFailed": true,
                     *       "scheduled": 17,
                     *       "skipped": 340,
                     *       "reachedAt": "2026-01-30T14:05:01.250Z",
                     *       "createdAt": "2026-01-31T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["EventReplay"];
                };
            };
            400: components["responses"]["ReplayEventsBadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["UnknownSubscription"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["ReplayEventsConflict"];
            413: components["responses"]["BodyTooLarge"];
            414: components["responses"]["UrlTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    listReplays: {
        parameters: {
            query?: {
                /**
                 * @description How many at most
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the page before
                 * @example WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd
                 */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description The subscription
                 * @example 0192d1a4-a000-7000-8000-00000000d001
                 */
                subscriptionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "replayId": "0192d1a4-a200-7000-8000-00000000d003",
                     *           "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
                     *           "status": "DONE",
                     *           "since": "2026-01-30T00:00:00.000Z",
                     *           "until": "2026-01-31T00:00:00.000Z",
                     *           "onlyFailed": true,
                     *           "scheduled": 40,
                     *           "skipped": 340,
                     *           "reachedAt": "2026-01-31T00:00:00.000Z",
                     *           "createdAt": "2026-01-31T12:00:00.000Z",
                     *           "endedAt": "2026-01-31T12:00:01.250Z"
                     *         }
                     *       ],
                     *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
                     *     }
                     */
                    "application/json": components["schemas"]["EventReplayPage"];
                };
            };
            400: components["responses"]["BadRequestCursor"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    getReplay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription
                 * @example 0192d1a4-a000-7000-8000-00000000d001
                 */
                subscriptionId: string;
                /**
                 * @description The replay
                 * @example 0192d1a4-a200-7000-8000-00000000d003
                 */
                replayId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "replayId": "0192d1a4-a200-7000-8000-00000000d003",
                     *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
                     *       "status": "RUNNING",
                     *       "since": "2026-01-30T00:00:00.000Z",
                     *       "until": "2026-01-31T00:00:00.000Z",
                     *       "onlyFailed": true,
                     *       "scheduled": 17,
                     *       "skipped": 340,
                     *       "reachedAt": "2026-01-30T14:05:01.250Z",
                     *       "createdAt": "2026-01-31T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["EventReplay"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["UnknownReplay"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    cancelReplay: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.
                 * @example 7f0c2a3e-order-of-table-4
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description The subscription
                 * @example 0192d1a4-a000-7000-8000-00000000d001
                 */
                subscriptionId: string;
                /**
                 * @description The replay
                 * @example 0192d1a4-a200-7000-8000-00000000d003
                 */
                replayId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /** @example {} */
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "replayId": "0192d1a4-a200-7000-8000-00000000d003",
                     *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
                     *       "status": "RUNNING",
                     *       "since": "2026-01-30T00:00:00.000Z",
                     *       "until": "2026-01-31T00:00:00.000Z",
                     *       "onlyFailed": true,
                     *       "scheduled": 17,
                     *       "skipped": 340,
                     *       "reachedAt": "2026-01-30T14:05:01.250Z",
                     *       "createdAt": "2026-01-31T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["EventReplay"];
                };
            };
            400: components["responses"]["BadRequestBodyKey"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["UnknownReplay"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["RequestInFlight"];
            413: components["responses"]["BodyTooLarge"];
            414: components["responses"]["UrlTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    getSubscriptionStats: {
        parameters: {
            query?: {
                /**
                 * @description Left out, 24 hours before `until`
                 * @example 2026-01-31T12:00:00.000Z
                 */
                since?: string;
                /**
                 * @description Left out, now; at most 31 days after `since`
                 * @example 2026-02-01T00:00:00.000Z
                 */
                until?: string;
            };
            header?: never;
            path: {
                /**
                 * @description The subscription
                 * @example 0192d1a4-a000-7000-8000-00000000d001
                 */
                subscriptionId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
                     *       "since": "2026-01-31T12:00:00.000Z",
                     *       "until": "2026-01-31T13:00:00.000Z",
                     *       "overall": {
                     *         "delivered": 310,
                     *         "failed": 1,
                     *         "dropped": 0,
                     *         "attempts": 318,
                     *         "p50Ms": 86,
                     *         "p99Ms": 1420
                     *       },
                     *       "hours": [
                     *         {
                     *           "hour": "2026-01-31T12:00:00.000Z",
                     *           "delivered": 310,
                     *           "failed": 1,
                     *           "dropped": 0,
                     *           "attempts": 318,
                     *           "p50Ms": 86,
                     *           "p99Ms": 1420
                     *         }
                     *       ],
                     *       "lastAnswers": [
                     *         {
                     *           "deliveryId": "0192d1a4-a100-7000-8000-00000000d002",
                     *           "at": "2026-01-31T12:00:01.250Z",
                     *           "statusCode": 204,
                     *           "durationMs": 84
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["SubscriptionStats"];
                };
            };
            400: components["responses"]["GetSubscriptionStatsBadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["UnknownSubscription"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    testSubscription: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.
                 * @example 7f0c2a3e-order-of-table-4
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description The subscription
                 * @example 0192d1a4-a000-7000-8000-00000000d001
                 */
                subscriptionId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /** @example {} */
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "deliveryId": "0192d1a4-a100-7000-8000-00000000d002",
                     *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
                     *       "eventId": "0192d1a4-9000-7000-8000-00000000e001",
                     *       "eventType": "order.created",
                     *       "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
                     *       "status": "DELIVERED",
                     *       "createdAt": "2026-01-31T12:00:00.000Z",
                     *       "attempts": [
                     *         {
                     *           "at": "2026-01-31T12:00:01.250Z",
                     *           "statusCode": 204,
                     *           "durationMs": 84,
                     *           "responseBody": ""
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["DeliveryWithAttempts"];
                };
            };
            /** @description Accepted: it is safe on disk, and the service that carries it out does not answer yet. `Location` says where to look; the same request with the same Idempotency-Key gets the final answer. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    Location: components["headers"]["Location"];
                    "Retry-After": components["headers"]["Retry-After"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "PENDING",
                     *       "location": "/api/v1/products/0190a000-0000-7000-8000-000000000001"
                     *     }
                     */
                    "application/json": components["schemas"]["Pending"];
                };
            };
            400: components["responses"]["BadRequestBodyKey"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["UnknownSubscription"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["RequestInFlight"];
            413: components["responses"]["BodyTooLarge"];
            414: components["responses"]["UrlTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /**
                 * @description The subscription
                 * @example 0192d1a4-a000-7000-8000-00000000d001
                 */
                subscriptionId?: string;
                /**
                 * @description Only what stands so
                 * @example DELIVERED
                 */
                status?: components["schemas"]["DeliveryStatus"];
                /**
                 * @description Only what tells of this event
                 * @example order.created
                 */
                eventType?: "order.cancelRejected" | "order.cancelled" | "order.confirmed" | "order.createRejected" | "order.created" | "order.fulfilRejected" | "order.fulfilled" | "order.refundRejected" | "order.refundRequested" | "order.rejected" | "product.created" | "product.updated" | "product.reservationExpired" | "product.stockChanged" | "product.stockCommitted" | "product.stockLow" | "product.stockRejected" | "product.stockReleased" | "product.stockReserved" | "payment.completed" | "payment.disputed" | "payment.failed" | "payment.refunded" | "payment.refundFailed" | "webhook.deliveryFailed" | "webhook.subscriptionDisabled" | "webhook.subscriptionMoved" | "webhook.test";
                /**
                 * @description The order
                 * @example 0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001
                 */
                orderId?: string;
                /**
                 * @description Only what is about this event
                 * @example 0192d1a4-9000-7000-8000-00000000e001
                 */
                eventId?: string;
                /**
                 * @description Those that a replay made
                 * @example 0192d1a4-a200-7000-8000-00000000d003
                 */
                replayId?: string;
                /**
                 * @description Made then or later
                 * @example 2026-01-31T12:00:00.000Z
                 */
                since?: string;
                /**
                 * @description Made before
                 * @example 2026-02-01T00:00:00.000Z
                 */
                until?: string;
                /**
                 * @description How many at most
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the page before
                 * @example WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "deliveryId": "0192d1a4-a100-7000-8000-00000000d002",
                     *           "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
                     *           "eventId": "0192d1a4-9000-7000-8000-00000000e001",
                     *           "eventType": "order.created",
                     *           "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
                     *           "status": "DELIVERED",
                     *           "createdAt": "2026-01-31T12:00:00.000Z",
                     *           "channel": "webhook",
                     *           "target": "https://hooks.example.com/comanda",
                     *           "attemptCount": 1,
                     *           "lastStatusCode": 204
                     *         }
                     *       ],
                     *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
                     *     }
                     */
                    "application/json": components["schemas"]["DeliveryPage"];
                };
            };
            400: components["responses"]["BadRequestCursor"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            408: components["responses"]["RequestTimeout"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    getDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The delivery
                 * @example 0192d1a4-a100-7000-8000-00000000d002
                 */
                deliveryId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "deliveryId": "0192d1a4-a100-7000-8000-00000000d002",
                     *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
                     *       "eventId": "0192d1a4-9000-7000-8000-00000000e001",
                     *       "eventType": "order.created",
                     *       "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
                     *       "status": "DELIVERED",
                     *       "createdAt": "2026-01-31T12:00:00.000Z",
                     *       "attempts": [
                     *         {
                     *           "at": "2026-01-31T12:00:01.250Z",
                     *           "statusCode": 204,
                     *           "durationMs": 84,
                     *           "responseBody": ""
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["DeliveryWithAttempts"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["UnknownDelivery"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    retryDelivery: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.
                 * @example 7f0c2a3e-order-of-table-4
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description The delivery
                 * @example 0192d1a4-a100-7000-8000-00000000d002
                 */
                deliveryId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /** @example {} */
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            /** @description Accepted. Yes is told by the event itself, which arrives at its target; a refusal by `webhook.deliveryFailed`. */
            202: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "deliveryId": "0192d1a4-a100-7000-8000-00000000d002",
                     *       "subscriptionId": "0192d1a4-a000-7000-8000-00000000d001",
                     *       "eventId": "0192d1a4-9000-7000-8000-00000000e001",
                     *       "eventType": "order.created",
                     *       "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001",
                     *       "status": "DELIVERED",
                     *       "createdAt": "2026-01-31T12:00:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: components["responses"]["BadRequestBodyKey"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["UnknownDelivery"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["RetryDeliveryConflict"];
            413: components["responses"]["BodyTooLarge"];
            414: components["responses"]["UrlTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    getDeliveryProof: {
        parameters: {
            query?: {
                /**
                 * @description The subscription
                 * @example 0192d1a4-a000-7000-8000-00000000d001
                 */
                subscriptionId?: string;
            };
            header?: never;
            path: {
                /**
                 * @description The order
                 * @example 0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001
                 */
                orderId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "proof": "eyJhbGciOiJFZERTQSIsInR5cCI6ImRlbGl2ZXJ5LXByb29mK2p3cyIsImtpZCI6ImtQcksifQ.eyJ0ZW5hbnRJZCI6ImRlZmF1bHQifQ.c2lnbmF0dXJl"
                     *     }
                     */
                    "application/json": components["schemas"]["DeliveryProof"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["NothingSent"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["ProofTooLarge"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    listDeliveryProofKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "keys": [
                     *         {
                     *           "kty": "OKP",
                     *           "crv": "Ed25519",
                     *           "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                     *           "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
                     *           "alg": "EdDSA",
                     *           "use": "sig"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["KeySet"];
                };
            };
            400: components["responses"]["BadRequest"];
            408: components["responses"]["RequestTimeout"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listEventTypes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "type": "order.fulfilled",
                     *           "version": 1,
                     *           "summary": "The goods were handed over: the order can still be refunded, but not cancelled.",
                     *           "subjectType": "order",
                     *           "subscribable": true,
                     *           "schema": {
                     *             "$schema": "https://json-schema.org/draft/2020-12/schema",
                     *             "type": "object",
                     *             "required": [
                     *               "orderId"
                     *             ],
                     *             "properties": {
                     *               "orderId": {
                     *                 "type": "string",
                     *                 "format": "uuid",
                     *                 "pattern": "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$"
                     *               }
                     *             }
                     *           },
                     *           "example": {
                     *             "orderId": "0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001"
                     *           }
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["EventTypeList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            408: components["responses"]["RequestTimeout"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    listDeadLetters: {
        parameters: {
            query?: {
                /**
                 * @description Only what failed in this queue
                 * @example webhooks_queue
                 */
                queue?: "products_queue" | "orders_queue" | "payments_queue" | "webhooks_queue";
                /**
                 * @description Only messages of this type
                 * @example order.created
                 */
                type?: string;
                /**
                 * @description How many at most
                 * @example 20
                 */
                limit?: number;
                /**
                 * @description `nextCursor` of the page before
                 * @example WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd
                 */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "messageId": "0192d1a4-9000-7000-8000-00000000e001",
                     *           "queue": "webhooks_queue",
                     *           "type": "order.created",
                     *           "service": "webhook-publisher",
                     *           "handler": "publish event",
                     *           "cause": "the database is full",
                     *           "tenantId": "default",
                     *           "size": 512,
                     *           "attempts": [
                     *             {
                     *               "at": "2026-01-31T12:00:00.000Z",
                     *               "error": "the database is full"
                     *             }
                     *           ],
                     *           "diedAt": "2026-01-31T12:00:01.250Z",
                     *           "replayable": true,
                     *           "copies": 1
                     *         }
                     *       ],
                     *       "nextCursor": "WyIyMDI2LTAxLTMxVDEyOjAwOjAwLjAwMFoiLCIwMTkyZDFhNCJd"
                     *     }
                     */
                    "application/json": components["schemas"]["DeadLetterPage"];
                };
            };
            400: components["responses"]["BadRequestCursor"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            408: components["responses"]["RequestTimeout"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    getDeadLetter: {
        parameters: {
            query?: {
                /**
                 * @description Needed when an event is dead in several queues
                 * @example webhooks_queue
                 */
                queue?: "products_queue" | "orders_queue" | "payments_queue" | "webhooks_queue";
            };
            header?: never;
            path: {
                /**
                 * @description The message
                 * @example 0192d1a4-9000-7000-8000-00000000e001
                 */
                messageId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "messageId": "0192d1a4-9000-7000-8000-00000000e001",
                     *       "queue": "webhooks_queue",
                     *       "type": "order.created",
                     *       "service": "webhook-publisher",
                     *       "handler": "publish event",
                     *       "cause": "the database is full",
                     *       "tenantId": "default",
                     *       "size": 512,
                     *       "attempts": [
                     *         {
                     *           "at": "2026-01-31T12:00:00.000Z",
                     *           "error": "the database is full"
                     *         }
                     *       ],
                     *       "diedAt": "2026-01-31T12:00:01.250Z",
                     *       "replayable": true,
                     *       "copies": 1
                     *     }
                     */
                    "application/json": components["schemas"]["DeadLetter"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["SeveralQueues"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    discardDeadLetter: {
        parameters: {
            query?: {
                /**
                 * @description Needed when an event is dead in several queues
                 * @example webhooks_queue
                 */
                queue?: "products_queue" | "orders_queue" | "payments_queue" | "webhooks_queue";
            };
            header?: never;
            path: {
                /**
                 * @description The message
                 * @example 0192d1a4-9000-7000-8000-00000000e001
                 */
                messageId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            204: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["SeveralQueues"];
            414: components["responses"]["UrlTooLong"];
            421: components["responses"]["NotLoopback"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
    replayDeadLetter: {
        parameters: {
            query?: {
                /**
                 * @description Needed when an event is dead in several queues
                 * @example webhooks_queue
                 */
                queue?: "products_queue" | "orders_queue" | "payments_queue" | "webhooks_queue";
                /**
                 * @description Say what would happen, and change nothing
                 * @example true
                 */
                dryRun?: boolean;
            };
            header?: {
                /**
                 * @description Up to 255 printable ASCII characters. The same key with the same body gets the same answer and changes nothing again.
                 * @example 7f0c2a3e-order-of-table-4
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description The message
                 * @example 0192d1a4-9000-7000-8000-00000000e001
                 */
                messageId: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /** @example {} */
                "application/json": components["schemas"]["Nothing"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    "X-Correlation-Id": components["headers"]["X-Correlation-Id"];
                    RateLimit: components["headers"]["RateLimit"];
                    "RateLimit-Policy": components["headers"]["RateLimit-Policy"];
                    "Idempotent-Replayed": components["headers"]["Idempotent-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "messageId": "0192d1a4-9000-7000-8000-00000000e001",
                     *       "queue": "webhooks_queue",
                     *       "type": "order.created",
                     *       "service": "webhook-publisher",
                     *       "handler": "publish event",
                     *       "dryRun": false,
                     *       "copies": 1,
                     *       "fits": true,
                     *       "detail": "Put back into webhooks_queue, for webhook-publisher alone: its schemas take it."
                     *     }
                     */
                    "application/json": components["schemas"]["Replay"];
                };
            };
            400: components["responses"]["BadRequestBodyKey"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["ForbiddenRoleScope"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["ReplayDeadLetterConflict"];
            413: components["responses"]["BodyTooLarge"];
            414: components["responses"]["UrlTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            421: components["responses"]["NotLoopback"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["RequestHeaderFieldsTooLarge"];
            500: components["responses"]["InternalServerError"];
            503: components["responses"]["ServiceUnavailableToken"];
        };
    };
}

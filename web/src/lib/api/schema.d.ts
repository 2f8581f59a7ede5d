// Made by `npm run types` from crates/app/openapi.json. Never edited.

export interface paths {
    "/api/blobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Upload a photo or file that a record will name: JPEG, PNG, WebP, PDF, CSV or XLSX. Safe to send
         *     again: the same bytes have the same digest. What no record names in a week is removed.
         */
        post: operations["upload_blob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/blobs/{digest}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A photo or file, for whoever may read a record that names it. */
        get: operations["get_blob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/blobs/{digest}/thumbnail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The thumbnail of a photo: a small JPEG. */
        get: operations["get_blob_thumbnail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/bundles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes a bundle that was made for this node. Safe to send again. */
        post: operations["import_bundle"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/bundles/waiting": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A file of a bundle that waits. */
        get: operations["get_bundle_file"];
        put?: never;
        /**
         * Makes a bundle of what another node lacks, sealed for it, for a USB stick. It waits here to be
         *     downloaded until the next is made for that office.
         */
        post: operations["make_bundle"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The devices of the offices that the reader manages. */
        get: operations["list_devices"];
        put?: never;
        /**
         * Enrol the device of whoever is signed in: its key, its word, and the code that an administrator
         *     gave.
         */
        post: operations["enrol_device"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/devices/codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a code by which a person enrols one device. It is told once and lives ten minutes. */
        post: operations["create_device_code"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/devices/kit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a device judges forms by: the latest packs and the offices, as CBOR
         *     (docs/formats/device.md). Asked again with `if-none-match`, it is sent only where it changed.
         */
        get: operations["get_device_kit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/devices/operations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take what a device of the reader sealed, as CBOR (docs/formats/device.md). Safe to send again:
         *     the same operation has the same receipt.
         */
        post: operations["send_device_operations"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/devices/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End a device's key: what it sealed and is here stays, nothing after it is taken. */
        post: operations["revoke_device"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Changes as they happen: events `record` (`RecordEvent`), `facts` (`FactsEvent`), `pack`
         *     (`PackEvent`), `nodes` (`NodesEvent`) and `sync` (`SyncEvent`); `lost` says that some were
         *     missed and one should look again.
         */
        get: operations["stream_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Records as a file. Needs its own right, is capped, logged, and marked with who took it. */
        get: operations["export_records"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/figures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask for a figure. */
        post: operations["ask_figure"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/figures/lineage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The records behind one cell. */
        post: operations["ask_lineage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the node answers. */
        get: operations["get_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/home": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What an office has to do, and what is new. */
        get: operations["get_home"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/imports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Import a CSV or XLSX file; the answer names the job to follow. */
        post: operations["start_import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/imports/{job}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How an import stands. */
        get: operations["get_import"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/imports/{job}/rejects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The rejected rows with their reasons, to correct and import again. */
        get: operations["get_import_rejects"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in. */
        get: operations["me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/nodes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How the nodes of the reader's offices are, as their parents heard them. */
        get: operations["list_nodes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/offices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The offices that exist at a date. */
        get: operations["list_offices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/offices/find": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which office a code or name means. */
        get: operations["find_office"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document. */
        get: operations["get_openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/packs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The packs that this node has. */
        get: operations["list_packs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/packs/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A whole pack, in its latest version. */
        get: operations["get_pack"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The people whom the reader manages. */
        get: operations["list_people"];
        put?: never;
        /** Add a person. */
        post: operations["create_person"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people/{id}/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Set a person's password; their sessions end. */
        post: operations["set_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people/{id}/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a person a role. */
        post: operations["add_role"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/quarantine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was refused, latest first: why, where it claims to come from, what to do. */
        get: operations["list_quarantine"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/quarantine/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One refused operation with its bytes. That it was looked at is written to the audit trail. */
        get: operations["get_quarantine"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/quarantine/{id}/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One refused operation as a file to take away. That it was taken is written to the audit trail. */
        get: operations["export_quarantine"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/quarantine/{id}/seen": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Mark one as seen. It stays; who saw it first stays too. */
        post: operations["mark_quarantine_seen"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/records": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The records that the reader may see, newest first. */
        get: operations["list_records"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/records/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A record with its history. */
        get: operations["get_record"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign in; the answer sets the session cookie. */
        post: operations["sign_in"];
        /** Sign out; the session ends on the server too. */
        delete: operations["sign_out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/submissions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Submit; answered once it is durable. */
        post: operations["submit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sync": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How the sync with each of this node's peers stands. */
        get: operations["get_sync"];
        put?: never;
        post?: never;
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
        /** @description An acknowledgement. */
        Acknowledge: {
            /** @description The record. */
            record: string;
            /** @description The idempotency key. */
            submission: string;
        };
        /** @description An office that acknowledged. */
        Acknowledgement: {
            /**
             * Format: int32
             * @description The office.
             */
            office: number;
            /** @description Its name. */
            office_name: string;
            /** @description When first. */
            time: string;
        };
        /** @description An action of a workflow. */
        Action: {
            /** @description Keys of the states that it starts from. */
            from: string[];
            /** @description Its key; its name is the message `action.T.KEY`. */
            key: string;
            /** @description Needs a reason. */
            reason: boolean;
            /** @description Returns cells to the author. */
            returns: boolean;
            /** @description Key of the state that it leads to. */
            to: string;
        };
        /** @description An action that the reader may take now. */
        ActionOffer: {
            /** @description Its key; its name is the message `action.T.KEY`. */
            key: string;
            /** @description Needs a reason. */
            reason: boolean;
            /** @description Returns cells to the author. */
            returns: boolean;
            /** @description The state that it leads to. */
            to: string;
        };
        /** @description A record that waits for the reader. */
        ActionRow: components["schemas"]["RecordRow"] & {
            /** @description Why. */
            why: components["schemas"]["Why"];
        };
        /** @description Row and column axes. */
        Axes: {
            /** @description Columns. */
            columns: components["schemas"]["AxisKeys"][];
            /** @description Rows. */
            rows: components["schemas"]["AxisKeys"][];
        };
        /** @description An axis with its keys. */
        AxisKeys: {
            /** @description The axis, as in the query. */
            axis: string;
            /** @description Its keys. */
            keys: components["schemas"]["Key"][];
            /** @description Its name. */
            label: string;
        };
        /** @description A file that was taken. A record names it by its digest. */
        Blob: {
            /** @description BLAKE3 of the bytes, in hexadecimal. */
            digest: string;
            /** @description Media type, as the bytes say. */
            media_type: string;
            /**
             * Format: int64
             * @description Size in bytes.
             */
            size_bytes: number;
            /** @description It has a thumbnail. */
            thumbnail: boolean;
        };
        /** @description The boundaries used. */
        Boundaries: {
            /** @description The date of the tree, where it is one. */
            date?: string | null;
            /** @description `then`, `now`, or `date`. */
            mode: string;
            /** @description Days within the period on which the tree changed. */
            split_periods: string[];
        };
        /** @description What came of a bundle. */
        BundleImported: {
            /**
             * Format: int64
             * @description Photos and other files that are whole here now.
             */
            blobs: number;
            /**
             * Format: int32
             * @description The office that sent it: a return bundle for it carries receipts.
             */
            from?: number | null;
            /**
             * Format: int64
             * @description Streams of which earlier operations are missing: they are in another bundle.
             */
            gaps: number;
            /**
             * Format: int64
             * @description Operations that are new here and kept.
             */
            kept: number;
            /**
             * Format: int64
             * @description Operations that were here already.
             */
            known: number;
            /**
             * Format: int64
             * @description Operations of this node that the sender has, as its receipts say.
             */
            receipts: number;
            /**
             * Format: int64
             * @description Operations that were not taken, and are in quarantine.
             */
            refused: number;
        };
        /** @description A bundle that waits to be downloaded. */
        BundleWaiting: {
            /**
             * Format: int64
             * @description Photos and other files in it.
             */
            blobs: number;
            /** @description How many files it has, numbered from 1: they are imported in this order. */
            files: number;
            /**
             * Format: int64
             * @description Operations in it.
             */
            operations: number;
            /**
             * Format: int32
             * @description The office whose node will read it.
             */
            to: number;
        };
        /** @description For whom a bundle is, and what it holds. */
        BundleWanted: {
            /** @description All that it may have, not just what it lacks as far as it ever said. */
            all?: boolean;
            /**
             * Format: int32
             * @description The office whose node will read it.
             */
            to: number;
        };
        /** @description A choice. */
        Choice: {
            /**
             * Format: int32
             * @description Its number within the field, for ever.
             */
            id: number;
            /** @description Its key; its text is the message `choice.T.F.KEY`. */
            key: string;
        };
        /** @description A remark. */
        Comment: {
            /** @description The record. */
            record: string;
            /** @description The idempotency key. */
            submission: string;
            /** @description The text. */
            text: string;
        };
        /** @description How complete the reports of a schedule are. */
        Completeness: {
            /** @description One key per column axis, the same. */
            column: string[];
            /**
             * Format: int64
             * @description Reports expected.
             */
            expected: number;
            /**
             * Format: int64
             * @description Of these, on time.
             */
            on_time: number;
            /**
             * Format: int64
             * @description Of these, received.
             */
            received: number;
            /** @description One key per row axis that is an office or a period; others are empty. */
            row: string[];
            /** @description `pack.schedule`. */
            schedule: string;
        };
        /**
         * @description The kind of a constant.
         * @enum {string}
         */
        ConstKind: "text" | "int" | "date" | "time" | "period" | "choice" | "choices" | "office" | "record" | "point" | "file" | "bool";
        /** @description A device. */
        Device: {
            /** @description When its certificate came here. */
            enrolled_at: string;
            /** @description When this node heard it last. */
            heard_at?: string | null;
            /** @description Its key, as a writer: 32 hexadecimal digits. */
            id: string;
            /** @description What people call it. */
            name: string;
            /** @description Its office. */
            office: components["schemas"]["OfficeRef"];
            /**
             * Format: int64
             * @description Operations of its streams that this node holds.
             */
            operations: number;
            /** @description Whose it is; the name is empty where this node doesn't know them. */
            person: components["schemas"]["PersonRef"];
            revoked?: components["schemas"]["DeviceRevoked"] | null;
        };
        /** @description What came of what a device sent. */
        DeviceAnswer: {
            /** @description The device begins a new epoch and seals again what is left. */
            begin_again: boolean;
            /** @description Of each operation, in order. */
            items: components["schemas"]["DeviceItem"][];
            /** @description A new lease, CBOR in hexadecimal; none for a revoked key. */
            lease?: string | null;
            /** @description The time as this node tells it. */
            now: string;
            /** @description The device's key is revoked. */
            revoked: boolean;
        };
        /** @description A code to enrol a device with, told once. */
        DeviceCode: {
            /** @description The code, as `XXXX-XXXX`. */
            code: string;
            /** @description When it ends. */
            expires_at: string;
            /** @description The page that takes it, with the code in its address. */
            link: string;
            /**
             * Format: int32
             * @description The device's office.
             */
            office: number;
            /** @description The name of the person who may use it. */
            person: string;
            /** @description The link as a QR code: an SVG image. */
            qr_svg: string;
        };
        /** @description What a device is given when it was certified. */
        DeviceEnrolled: {
            /** @description The key by which its node signs leases, in hexadecimal. */
            authority: string;
            /** @description Its key, as a writer. */
            id: string;
            /** @description Its first lease: CBOR in hexadecimal. */
            lease: string;
            /** @description What people call it. */
            name: string;
            /** @description The time as its node tells it. */
            now: string;
            /**
             * Format: int32
             * @description Its office.
             */
            office: number;
        };
        /** @description What came of one operation. */
        DeviceItem: {
            /** @description Why it is in quarantine, if it is. */
            problems: components["schemas"]["Problem"][];
            receipt?: components["schemas"]["Receipt"] | null;
            /** @description What came of it. */
            state: components["schemas"]["DeviceItemState"];
            /** @description The submission that it says it is. */
            submission?: string | null;
        };
        /**
         * @description What came of one operation.
         * @enum {string}
         */
        DeviceItemState: "accepted" | "returned" | "waiting";
        /** @description How a device's key ended. */
        DeviceRevoked: {
            /** @description When. */
            at: string;
            /** @description Why, in words. */
            reason: string;
        };
        /** @description The devices of the offices that the reader manages, latest first. */
        Devices: {
            /** @description The devices. */
            devices: components["schemas"]["Device"][];
        };
        /** @description A report that an office owes. */
        Due: {
            /** @description When it is late. */
            due_at: string;
            /** @description It is late. */
            late: boolean;
            /**
             * Format: int32
             * @description The office.
             */
            office: number;
            /** @description The office's name. */
            office_name: string;
            /** @description The period. */
            period: string;
            /** @description It is received. */
            received: boolean;
            /** @description The record, once there is one. */
            record?: string | null;
            /** @description `pack.schedule`. */
            schedule: string;
            /** @description The key of its state. */
            state?: string | null;
            /** @description `pack.type`. */
            type: string;
        };
        /** @description What a device brings to be enrolled. */
        EnrolDevice: {
            /** @description The code; case, spaces and dashes don't matter. */
            code: string;
            /** @description Its Ed25519 public key: 64 hexadecimal digits. */
            key: string;
            /** @description Its signature over `"genggam device 1" ‖ key ‖ person`: 128 hexadecimal digits. */
            proof: string;
        };
        /**
         * @description An expression tree. An operand without a value makes a comparison or arithmetic null; a rule
         *     that is null isn't judged yet, relevance that is null is false. Fields are named by key.
         */
        Expr: {
            /** @description What kind of value. */
            kind: components["schemas"]["ConstKind"];
            /** @enum {string} */
            op: "const";
            /** @description The value as in a form; a number is an integer at the fields' scale, a choice its id. */
            value: unknown;
        } | {
            /** @description Its elements. */
            items: components["schemas"]["Expr"][];
            /** @enum {string} */
            op: "list";
        } | {
            /** @description Its key. */
            field: string;
            /** @enum {string} */
            op: "field";
        } | {
            /** @description The field's key. */
            field: string;
            /** @description The group's key. */
            group: string;
            /** @enum {string} */
            op: "column";
        } | {
            /** @description Which. */
            name: string;
            /** @enum {string} */
            op: "var";
        } | {
            /** @description The operand. */
            arg: components["schemas"]["Expr"];
            /** @description The operator. */
            name: string;
            /** @enum {string} */
            op: "unary";
        } | {
            /** @description The left operand. */
            left: components["schemas"]["Expr"];
            /** @description The operator. */
            name: string;
            /** @enum {string} */
            op: "binary";
            /** @description The right operand. */
            right: components["schemas"]["Expr"];
        } | {
            /** @enum {string} */
            op: "if";
            /** @description Where false. */
            otherwise: components["schemas"]["Expr"];
            /** @description The test. */
            test: components["schemas"]["Expr"];
            /** @description Where true. */
            then: components["schemas"]["Expr"];
        } | {
            /** @description Its arguments. */
            args: components["schemas"]["Expr"][];
            /** @description The function. */
            name: string;
            /** @enum {string} */
            op: "call";
        } | {
            /** @description The choice's key. */
            choice: string;
            /** @description The field's key. */
            field: string;
            /** @enum {string} */
            op: "has_choice";
        };
        /** @description Event `facts`: figures now hold everything up to this log position. */
        FactsEvent: {
            /**
             * Format: int64
             * @description The log position.
             */
            pos: number;
        };
        /** @description A field. */
        Field: {
            /** @description Choices of `choice` and `choices`. */
            choices: components["schemas"]["Choice"][];
            computed?: components["schemas"]["Expr"] | null;
            grain?: components["schemas"]["Grain"] | null;
            /** @description Key of the repeat group that it stands in. */
            group?: string | null;
            /**
             * Format: int32
             * @description Its number within the type, for ever.
             */
            id: number;
            /** @description Its key within the type. */
            key: string;
            /** @description What it holds. */
            kind: components["schemas"]["FieldKind"];
            /** @description Levels that an `office` may have; any if empty. */
            levels: components["schemas"]["Level"][];
            /**
             * Format: int64
             * @description Greatest number, an integer at the scale.
             */
            max?: number | null;
            /**
             * Format: int64
             * @description Least number, an integer at the scale.
             */
            min?: number | null;
            /** @description `{"missing":"why"}` is an answer. */
            missing: boolean;
            /** @description `{"na":true}` is an answer. */
            not_applicable: boolean;
            /** @description States that a `record` may be in; any if empty. */
            record_states: string[];
            /** @description `pack.type` that a `record` may have. */
            record_type?: string | null;
            relevant?: components["schemas"]["Expr"] | null;
            /** @description Must be answered where relevant. */
            required: boolean;
            /**
             * Format: int32
             * @description At most so many rows, of `group`.
             */
            rows_max?: number | null;
            /**
             * Format: int32
             * @description Digits after the point, of `decimal` and `computed`; otherwise 0.
             */
            scale: number;
            /** @description Unit key; its name is the message `unit.KEY`. */
            unit?: string | null;
        };
        /**
         * @description What a field holds.
         * @enum {string}
         */
        FieldKind: "text" | "longtext" | "integer" | "decimal" | "money" | "date" | "time" | "period" | "choice" | "choices" | "office" | "record" | "point" | "photo" | "file" | "group" | "computed" | "bool";
        /** @description An answer. */
        Figure: {
            /**
             * Format: int64
             * @description As known at this moment, in ms since 1970; null means now.
             */
            as_known?: number | null;
            /** @description The axes with all their keys, in order. */
            axes: components["schemas"]["Axes"];
            /** @description The boundaries used. */
            boundaries: components["schemas"]["Boundaries"];
            /** @description The cells. */
            cells: components["schemas"]["FigureCell"][];
            /** @description How complete the reports are that the measures come from. */
            completeness: components["schemas"]["Completeness"][];
            /** @description The measures. */
            measures: components["schemas"]["MeasureInfo"][];
            /** @description Measures without a total, and why. */
            no_totals: components["schemas"]["NoTotal"][];
            /**
             * @description Sums over rows, over columns and over both, where the measure allows: cells whose `row`,
             *     `column` or both are empty.
             */
            totals: components["schemas"]["FigureCell"][];
            /** @description What the answer holds. */
            up_to: components["schemas"]["UpTo"];
        };
        /** @description A cell of an answer. */
        FigureCell: {
            /** @description One key per column axis. */
            column: string[];
            /** @description `pack.key`. */
            measure: string;
            /** @description One key per row axis. */
            row: string[];
            /** @description `value`, `none`, `suppressed`, `incomputable`. */
            state: string;
            /** @description Unit key. Units are never added to each other: each has its own cell. */
            unit?: string | null;
            /** @description An exact decimal, such as `12.5`. */
            value?: string | null;
        };
        /** @description A question. */
        FigureQuery: {
            /** @description Only what was known at this moment. */
            as_known?: string | null;
            /** @description `then` (each fact by the tree of its own date), `now`, or a date. */
            boundaries?: string | null;
            /** @description Column axes, the same. */
            columns?: string[];
            /** @description Only facts whose dimensions have these values. */
            filters?: components["schemas"]["Filter"][];
            /** @description First day. */
            from: string;
            /** @description Measures, `pack.key`. */
            measures: string[];
            /**
             * Format: int32
             * @description Only facts within this office.
             */
            office?: number | null;
            /**
             * @description Row axes: `office:centre|province|regency|leaf`, `period:day|week|month|quarter|third|
             *     half|year`, or a dimension's key.
             */
            rows?: string[];
            /** @description Last day. */
            to: string;
        };
        /** @description A filter of a dimension. */
        Filter: {
            /** @description The dimension's key. */
            dim: string;
            /** @description Values to keep. */
            in: string[];
        };
        /** @description The answer to a search for one office by code or name. */
        FindAnswer: {
            /** @description Otherwise the offices that may be meant. */
            candidates: components["schemas"]["Office"][];
            /** @description The date. */
            date: string;
            office?: components["schemas"]["Office"] | null;
            problem?: components["schemas"]["Problem"] | null;
        };
        /** @description A form. */
        Form: {
            /** @description Keys of warnings that the person has read and confirmed. */
            confirmed?: string[];
            /**
             * @description Fields by key: plain JSON; `{"na":true}`; `{"missing":"why"}`; a repeat group is a list of
             *     objects, each with an integer `row`.
             */
            fields: Record<string, unknown>;
            /**
             * Format: int32
             * @description The office that owns the record.
             */
            office: number;
            /** @description The period, for a periodic type. */
            period?: string | null;
            /** @description The record, for an event type: 32 random hexadecimal digits; none for a periodic type. */
            record?: string | null;
            /** @description The idempotency key. */
            submission: string;
            /** @description `pack.type`. */
            type: string;
        };
        /**
         * @description The length of a reporting period.
         * @enum {string}
         */
        Grain: "day" | "week" | "month" | "quarter" | "third" | "half" | "year";
        /** @description The node answers. */
        Health: {
            /** @description Always `ok`. */
            status: string;
            /** @description The program's version. */
            version: string;
        };
        /** @description One thing that happened to a record. */
        HistoryEvent: {
            /** @description The action's key, of `moved` and `refused`. */
            action?: string | null;
            /** @description Who. */
            author_name: string;
            /**
             * @description `created`, `patched`, `moved`, `refused`, `commented`, `acknowledged`; `foreign` did
             *     nothing, since it named another type, office or period.
             */
            effect: string;
            /** @description The state before, of `moved`. */
            from?: string | null;
            /** @description In which office's name. */
            office_name: string;
            /** @description Cells changed, of `patched`. */
            patched: components["schemas"]["PatchedCell"][];
            /**
             * Format: int64
             * @description Its position in this node's log.
             */
            pos?: number | null;
            /** @description Reason or note, of `moved`; the code of the refusal, of `refused`. */
            reason?: string | null;
            /** @description When this node received it. */
            received_at?: string | null;
            /** @description Cells sent back, of `moved`. */
            returned: components["schemas"]["Return"][];
            /** @description The operation's short name. */
            tag: string;
            /** @description When its writer made it. */
            time: string;
            /** @description The state after, of `moved`; of `patched`, the state that it reopened the record to. */
            to?: string | null;
        };
        /** @description What an office has to do, and what is new. */
        Home: {
            /** @description Records that wait for the reader. */
            action: components["schemas"]["ActionRow"][];
            /**
             * @description Numbers by name, of this office and those below it: records by `pack.type:state`;
             *     `urgent` for urgent ones that the reader may move on; `late:pack.schedule` for offices
             *     whose latest report that was due is not received.
             */
            counts: {
                [key: string]: number;
            };
            /** @description Reports that it owes, the latest first. */
            due: components["schemas"]["Due"][];
            /** @description The office. */
            office: components["schemas"]["OfficeRef"];
            /** @description What changed last, at this office and below. */
            recent: components["schemas"]["RecordRow"][];
            /** @description Its date today. */
            today: string;
        };
        /** @description The parts of the multipart body. */
        ImportForm: {
            /** @description `true` checks every row and keeps nothing. */
            dry_run?: boolean | null;
            /**
             * Format: binary
             * @description A CSV or XLSX file.
             */
            file: string;
            /** @description The mapping file, TOML; without it, columns are the fields' keys. */
            mapping?: string | null;
            /** @description `pack.type`. */
            type: string;
        };
        /** @description How an import stands. */
        ImportJob: {
            /** @description It keeps nothing. */
            dry_run: boolean;
            /**
             * Format: int64
             * @description Rows imported (or that would be).
             */
            imported: number;
            /** @description The job. */
            job: string;
            problem?: components["schemas"]["Problem"] | null;
            /**
             * Format: int64
             * @description Rows rejected, each with its reason in the reject file.
             */
            rejected: number;
            /**
             * Format: int64
             * @description Rows that had been imported before.
             */
            repeated: number;
            /**
             * Format: int64
             * @description Rows of the file, as far as counted.
             */
            rows: number;
            /** @description Its state. */
            state: components["schemas"]["ImportState"];
        };
        /** @description An import has begun. */
        ImportStarted: {
            /** @description The job. */
            job: string;
        };
        /**
         * @description The state of an import.
         * @enum {string}
         */
        ImportState: "running" | "done" | "failed";
        /** @description A key of an axis. */
        Key: {
            /** @description Office id, period or dimension value. */
            key: string;
            /** @description What people read. */
            label: string;
        };
        /**
         * @description A lane, most urgent first.
         * @enum {string}
         */
        LaneName: "urgent" | "control" | "forms" | "circulars" | "blobs";
        /**
         * @description A level of the tree.
         * @enum {string}
         */
        Level: "centre" | "province" | "regency" | "district" | "village";
        /** @description One page of the records behind a cell. */
        Lineage: {
            /** @description The measure, with its definition. */
            measure: components["schemas"]["MeasureInfo"];
            /** @description `cursor` of the next page, if there is one. */
            next?: string | null;
            /** @description What each record gave. */
            rows: components["schemas"]["LineageRow"][];
            /** @description The cell is hidden, and so are its records. */
            suppressed: boolean;
        };
        /** @description Asks for the records behind one cell. */
        LineageQuery: {
            /** @description The cell's column. */
            column: string[];
            /** @description `next` of the page before. */
            cursor?: string | null;
            /** @description The cell's measure. */
            measure: string;
            /** @description The question that the cell answers. */
            query: components["schemas"]["FigureQuery"];
            /** @description The cell's row. */
            row: string[];
            /** @description The cell's unit. */
            unit?: string | null;
        };
        /** @description What one record gave to a cell. */
        LineageRow: {
            /** @description Its date. */
            date: string;
            /** @description When it became known. */
            known_at: string;
            /** @description The measure: an input of the formula, or the measure asked. */
            measure: string;
            /**
             * Format: int32
             * @description The office that the value belongs to.
             */
            office: number;
            /** @description Its name. */
            office_name: string;
            /** @description The record; null where the reader sees the figure but not the record. */
            record?: string | null;
            /** @description Its title; empty where the record is not shown. */
            title: string;
            /** @description `pack.type`; empty where the record is not shown. */
            type: string;
            /** @description The value, an exact decimal. */
            value: string;
        };
        /** @description A concurrent write that lost. */
        LostWrite: {
            /** @description Which cell. */
            at: string;
            /** @description Who. */
            by_name: string;
            /** @description When. */
            time: string;
            /** @description What it wrote, as in a form; null if it cleared the cell. */
            value: unknown;
        };
        /** @description The person who is signed in. */
        Me: {
            /** @description The node that answers. */
            node: components["schemas"]["NodeInfo"];
            /** @description The office of their first role: where the app opens. */
            office: components["schemas"]["OfficeRef"];
            /** @description Pages of the node itself that they may open: `nodes`, `sync`, `quarantine`. */
            pages: string[];
            /** @description Who. */
            person: components["schemas"]["PersonRef"];
            /** @description Their roles, valid today. */
            roles: components["schemas"]["RoleAt"][];
            /** @description The node holds simulated data, and every screen says so. */
            simulation: boolean;
        };
        /** @description A measure. */
        Measure: {
            /** @description Dimension keys. */
            dims: string[];
            formula?: components["schemas"]["Expr"] | null;
            /** @description Its key within the pack; its name is the message `measure.KEY`. */
            key: string;
            /** @description How values add. */
            kind: components["schemas"]["MeasureKind"];
            /** @description `pack.key`: how a query names it. */
            measure: string;
            /**
             * Format: int32
             * @description Digits after the point.
             */
            scale: number;
            /** @description The concept's source. */
            source: string;
            /**
             * Format: int32
             * @description Small cells are suppressed below this count.
             */
            suppress_below?: number | null;
            /** @description Unit key, where it is always the same. */
            unit?: string | null;
            /** @description The dimension that holds the unit, where it is not. */
            unit_dim?: string | null;
        };
        /** @description A measure in an answer. */
        MeasureInfo: {
            /** @description Its definition. */
            definition: string;
            /** @description `additive`, `last`, `distinct`, `formula`. */
            kind: string;
            /** @description Its name. */
            label: string;
            /** @description `pack.key`. */
            measure: string;
            /**
             * Format: int32
             * @description Digits after the point.
             */
            scale: number;
            /** @description The concept's source. */
            source: string;
            /**
             * Format: int32
             * @description Counts below this and above zero are hidden.
             */
            suppress_below?: number | null;
            /** @description Unit key, where it is always the same. */
            unit?: string | null;
            /** @description The unit's name. */
            unit_label?: string | null;
        };
        /**
         * @description How a measure's values add.
         * @enum {string}
         */
        MeasureKind: "additive" | "last" | "distinct" | "formula";
        /** @description A device to be enrolled. */
        NewDevice: {
            /** @description What people will call it. */
            name: string;
            /**
             * Format: int32
             * @description Its office; by default the highest where the person holds a role.
             */
            office?: number | null;
            /** @description Whose: 32 hexadecimal digits. */
            person: string;
        };
        /** @description A new password. */
        NewPassword: {
            /** @description The password. */
            password: string;
        };
        /** @description A new person. */
        NewPerson: {
            /** @description The name they sign in with. */
            login: string;
            /** @description Their name. */
            name: string;
            /**
             * Format: int32
             * @description The office of their first role.
             */
            office: number;
            /** @description Their first password. */
            password: string;
            /** @description Their first role. */
            role: string;
        };
        /** @description A new role of a person. */
        NewRole: {
            /** @description From this day; today if absent. */
            from?: string | null;
            /**
             * Format: int32
             * @description The office.
             */
            office: number;
            /** @description The role. */
            role: string;
            /** @description Until the day before this; open if absent. */
            until?: string | null;
        };
        /** @description A total that isn't given. */
        NoTotal: {
            /** @description The measure. */
            measure: string;
            /** @description Which total: `rows`, `columns` or `all`. */
            of: string;
            /** @description `last_in_period`, `distinct`, `input`, `suppressed`. */
            why: string;
        };
        /** @description A node. */
        NodeDetail: {
            /** @description Its clock is wrong by more than five minutes. */
            clock_wrong: boolean;
            /** @description When its parent last heard it. */
            heard_at: string;
            /** @description Since when it is known that its key is used on another machine too. */
            key_twice_at?: string | null;
            /**
             * Format: int64
             * @description Operations in its log.
             */
            log_ops: number;
            /** @description Its name. */
            name: string;
            /**
             * Format: int64
             * @description Its clock minus its parent's, in milliseconds.
             */
            offset_ms: number;
            /** @description When the oldest of them was made. */
            oldest_waiting_at?: string | null;
            /** @description Packs of which this node holds a later version. */
            packs_behind: components["schemas"]["PackLag"][];
            /** @description The version of its program. */
            program: string;
            /**
             * Format: int32
             * @description The version of what it says to other nodes.
             */
            protocol: number;
            /** @description It is the node that answers. */
            this: boolean;
            /** @description Its versions, measured by this node's. */
            version: components["schemas"]["NodeVersion"];
            /** @description The name of the node that heard it, where that is known. */
            via?: string | null;
            waiting?: components["schemas"]["Waiting"] | null;
            /** @description Its writer, 32 hexadecimal digits. */
            writer: string;
        };
        /** @description A node. */
        NodeInfo: {
            /** @description Its name. */
            name: string;
            /**
             * Format: int32
             * @description Its office.
             */
            office: number;
        };
        /**
         * @description How long ago a node was heard.
         * @enum {string}
         */
        NodeState: "fresh" | "today" | "late" | "silent" | "never";
        /**
         * @description Versions, measured by this node's.
         * @enum {string}
         */
        NodeVersion: "behind" | "same" | "ahead" | "unknown";
        /** @description How the nodes of the reader's offices are. */
        Nodes: {
            /** @description When this was told. */
            at: string;
            /** @description How many offices are in each state. */
            counts: {
                [key: string]: number;
            };
            /** @description The version of this node's program, which the others' are measured by. */
            program: string;
            /**
             * Format: int32
             * @description The version of what it says to other nodes.
             */
            protocol: number;
            /** @description The offices, by level and code. */
            rows: components["schemas"]["OfficeNode"][];
        };
        /** @description Event `nodes`: something was heard of nodes below; ask `/api/nodes` again. */
        NodesEvent: Record<string, unknown>;
        /** @description An office as it is at the date. */
        Office: {
            /** @description BPS code, such as `2171`, where it has one. */
            bps?: string | null;
            /** @description Kemendagri code, such as `21.71`; empty for the centre. */
            code: string;
            /**
             * Format: int32
             * @description Its id, for ever.
             */
            id: number;
            /**
             * Format: double
             * @description Latitude of its seat, in degrees.
             */
            lat?: number | null;
            /** @description Its level. */
            level: components["schemas"]["Level"];
            /**
             * Format: double
             * @description Longitude of its seat, in degrees.
             */
            lon?: number | null;
            /** @description Its name. */
            name: string;
            /**
             * Format: int32
             * @description Its parent; none for the centre.
             */
            parent?: number | null;
            /**
             * Format: int32
             * @description Column of its tile on the office map.
             */
            tile_x?: number | null;
            /**
             * Format: int32
             * @description Row of its tile on the office map.
             */
            tile_y?: number | null;
        };
        /** @description The offices that exist at a date: the centre first, every parent before its children. */
        OfficeList: {
            /** @description The date. */
            date: string;
            /** @description The offices. */
            offices: components["schemas"]["Office"][];
        };
        /** @description An office with the nodes that were heard of it. */
        OfficeNode: {
            /** @description Its nodes, the one that was heard last first: a node with a new key is another. */
            nodes: components["schemas"]["NodeDetail"][];
            /** @description The office. */
            office: components["schemas"]["OfficeRef"];
            /**
             * Format: int32
             * @description The office above it.
             */
            parent?: number | null;
            /** @description The state of the node that was heard last. */
            state: components["schemas"]["NodeState"];
        };
        /** @description An office, by name. */
        OfficeRef: {
            /**
             * Format: int32
             * @description Its id, for ever.
             */
            id: number;
            /** @description Its level: `centre`, `province`, `regency`, `district`, `village`. */
            level: string;
            /** @description Its name today. */
            name: string;
        };
        /** @description A whole pack. */
        Pack: {
            /** @description Measures. */
            measures: components["schemas"]["Measure"][];
            /** @description Texts by language, then by key. */
            messages: {
                [key: string]: {
                    [key: string]: string;
                };
            };
            /** @description Its name. */
            name: string;
            /** @description Roles that its policies name. */
            roles: string[];
            /** @description What is expected, when, of whom. */
            schedules: components["schemas"]["PackSchedule"][];
            /** @description Record types. */
            types: components["schemas"]["RecordType"][];
            /**
             * Format: int32
             * @description Its version.
             */
            version: number;
            /** @description Lists and dashboards. */
            views: components["schemas"]["View"][];
        };
        /** @description Event `pack`: a pack was published. */
        PackEvent: {
            /** @description Its name. */
            name: string;
            /**
             * Format: int32
             * @description Its version.
             */
            version: number;
        };
        /** @description A pack of which a node holds an earlier version than this node, or none. */
        PackLag: {
            /**
             * Format: int32
             * @description The version that it holds.
             */
            holds?: number | null;
            /**
             * Format: int32
             * @description The version here.
             */
            latest: number;
            /** @description The pack. */
            name: string;
        };
        /** @description A pack, by name. */
        PackRow: {
            /** @description Its name. */
            name: string;
            /** @description Its title. */
            title: components["schemas"]["Text"];
            /**
             * Format: int32
             * @description Its latest version.
             */
            version: number;
        };
        /** @description What is expected of which offices, when. */
        PackSchedule: {
            /**
             * Format: int32
             * @description Minutes after the period's end, local to the office, until it is late.
             */
            due_after_minutes: number;
            /** @description First day of the schedule. */
            from: string;
            /** @description Its key within the pack. */
            key: string;
            /** @description Levels whose offices owe it. */
            levels: components["schemas"]["Level"][];
            /** @description `pack.type` of the periodic reports. */
            type: string;
        };
        /** @description A change of cells. */
        Patch: {
            /** @description Keys of warnings that the person has read and confirmed. */
            confirmed?: string[];
            /**
             * @description Fields by key, as in a form; null takes a cell back to "not yet received". Of a repeat
             *     group only the rows named change; `{"row":3,"remove":true}` takes row 3 away.
             */
            fields: Record<string, unknown>;
            /** @description The record. */
            record: string;
            /** @description Tags of the heads that the author saw; the current ones if absent. */
            saw?: string[] | null;
            /** @description The idempotency key. */
            submission: string;
        };
        /** @description A cell that a patch changed. */
        PatchedCell: {
            /** @description Which. */
            at: string;
            /** @description What stood before, as in a form; null if nothing. */
            before: unknown;
        };
        /** @description The people whom the reader manages. */
        People: {
            /** @description The people. */
            people: components["schemas"]["Person"][];
        };
        /** @description A person. */
        Person: {
            /** @description They may sign in. */
            active: boolean;
            /** @description Id. */
            id: string;
            /** @description The name they sign in with. */
            login: string;
            /** @description Their name. */
            name: string;
            /** @description Their roles. */
            roles: components["schemas"]["Role"][];
        };
        /** @description A person, by name. */
        PersonRef: {
            /** @description Id, 32 hexadecimal digits. */
            id: string;
            /** @description The name they sign in with. */
            name: string;
        };
        /** @description One thing that is wrong: a code to translate, where, and the values of its sentence. */
        Problem: {
            /** @description Where: a field's key, `group[row].field`, a column, a file and line. */
            at?: string | null;
            /** @description A stable code, such as `form.required`. */
            code: string;
            /** @description The sentence, in the language that was asked for. */
            message: string;
            /** @description Values for the sentence, by name. */
            values?: {
                [key: string]: string;
            };
        };
        /** @description `application/problem+json`: why a request was not done (RFC 9457). */
        ProblemDetails: {
            /** @description A stable code, such as `policy.denied`. */
            code: string;
            /** @description Everything that is wrong, not only the first. */
            problems?: components["schemas"]["Problem"][];
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description The sentence of `code`, in the language that was asked for. */
            title: string;
            /** @description Always `about:blank`. */
            type: string;
        };
        /** @description A refused operation with its bytes. */
        QuarantineBytes: {
            /** @description Its bytes, two hexadecimal digits each. */
            hex: string;
            /** @description What is known of it. */
            item: components["schemas"]["QuarantineItem"];
        };
        /** @description A refused operation. */
        QuarantineItem: {
            /** @description What to do about it, in the language that was asked for. */
            advice: string;
            /** @description How many bytes came. */
            bytes: number;
            /** @description More of why, for whoever mends it: English, of a program. */
            detail: string;
            /**
             * Format: int64
             * @description Its number at this node.
             */
            id: number;
            op?: components["schemas"]["QuarantineOp"] | null;
            /** @description Why it was refused. */
            problem: components["schemas"]["Problem"];
            /** @description When it came. */
            received_at: string;
            seen?: components["schemas"]["QuarantineSeen"] | null;
            /**
             * Format: int64
             * @description The place in it that it claims.
             */
            seq?: number | null;
            stream?: components["schemas"]["QuarantineStream"] | null;
        };
        /** @description What an operation says, without any text that a person wrote. */
        QuarantineOp: {
            /**
             * @description What it does: `create`, `patch`, `transition`, `comment`, `acknowledge`, `pack`, `office`,
             *     `unknown`…
             */
            kind: string;
            /** @description The office in whose name. */
            office: components["schemas"]["OfficeRef"];
            /** @description The record that it changes. */
            record?: string | null;
            /** @description When it says that it was made. */
            time: string;
        };
        /** @description A page of what was refused, latest first. */
        QuarantinePage: {
            /**
             * Format: int64
             * @description Give this as `before` to get the next page; none at the end.
             */
            next?: number | null;
            /** @description The refused operations. */
            rows: components["schemas"]["QuarantineItem"][];
            /**
             * Format: int64
             * @description How many nobody has seen, on all pages.
             */
            unseen: number;
        };
        /** @description Who has seen a refused operation. */
        QuarantineSeen: {
            /** @description When. */
            at: string;
            /** @description Who, by name. */
            by: string;
        };
        /** @description The stream that an operation claims. */
        QuarantineStream: {
            /** @description `up`, `down` or `to`. */
            audience: string;
            /**
             * Format: int32
             * @description The writer's life.
             */
            epoch: number;
            /** @description The lane. */
            lane: components["schemas"]["LaneName"];
            /** @description The offices of the audience. */
            offices: components["schemas"]["OfficeRef"][];
            /** @description Who writes it, 32 hexadecimal digits. */
            writer: string;
            writer_office?: components["schemas"]["OfficeRef"] | null;
        };
        /** @description Proof that a submission is kept durably. */
        Receipt: {
            /** @description Remarks of the node, such as `clock_ahead`. */
            flags: string[];
            /** @description The operation's link in its chain. */
            link: string;
            /**
             * Format: int64
             * @description Its position in the node's log.
             */
            pos: number;
            /** @description When the node kept it. */
            received_at: string;
            /** @description The record. */
            record: string;
            /** @description The idempotency key. */
            submission: string;
            /** @description The operation's short name in its record. */
            tag: string;
        };
        /** @description A record. */
        Record: {
            /** @description The reader may acknowledge. */
            acknowledgeable: boolean;
            /** @description Offices that acknowledged. */
            acknowledged: components["schemas"]["Acknowledgement"][];
            /** @description What the reader may do now. */
            actions: components["schemas"]["ActionOffer"][];
            /** @description The content is approved. */
            approved: boolean;
            /** @description The reader may remark. */
            commentable: boolean;
            /** @description Remarks. */
            comments: components["schemas"]["Remark"][];
            /** @description Computed fields by key. */
            computed: Record<string, unknown>;
            /** @description Hash of the content, to send with an action. */
            content: string;
            /** @description The reader may change cells now. */
            editable: boolean;
            /** @description Fields by key, as in a form. */
            fields: Record<string, unknown>;
            /** @description Tags of the heads, to send with a patch. */
            heads: string[];
            /** @description Everything that happened to it, oldest first. */
            history: components["schemas"]["HistoryEvent"][];
            /** @description Concurrent writes that lost. */
            losers: components["schemas"]["LostWrite"][];
            /**
             * Format: int32
             * @description Its office.
             */
            office: number;
            /** @description The office's name. */
            office_name: string;
            /** @description Its period, for a periodic type. */
            period?: string | null;
            /** @description Its id. */
            record: string;
            /** @description Cells that are sent back. */
            returned: components["schemas"]["ReturnedCell"][];
            /** @description The key of its state. */
            state: string;
            /** @description Its title. */
            title: string;
            /** @description `pack.type`. */
            type: string;
            /** @description It is urgent. */
            urgent: boolean;
            /**
             * Format: int32
             * @description The pack's version that its cells were last checked with.
             */
            version: number;
        };
        /** @description Event `record`: a record that the reader may see was made or changed. */
        RecordEvent: {
            /**
             * Format: int32
             * @description Its office.
             */
            office: number;
            /**
             * Format: int64
             * @description The log position of the change.
             */
            pos: number;
            /** @description Its id. */
            record: string;
            /** @description The key of its state. */
            state: string;
            /** @description `pack.type`. */
            type: string;
        };
        /**
         * @description How records of a type are told apart.
         * @enum {string}
         */
        RecordKind: "event" | "periodic";
        /** @description One page of a list. */
        RecordPage: {
            /** @description `cursor` of the next page, if there is one. */
            next?: string | null;
            /** @description The rows, newest first. */
            rows: components["schemas"]["RecordRow"][];
        };
        /** @description A record in a list. */
        RecordRow: {
            /** @description When it happened. */
            date?: string | null;
            /**
             * Format: int32
             * @description Its office.
             */
            office: number;
            /** @description The office's name. */
            office_name: string;
            /** @description Its period, for a periodic type. */
            period?: string | null;
            /** @description Its id. */
            record: string;
            /**
             * Format: int32
             * @description How many cells are sent back.
             */
            returned: number;
            /** @description The key of its state. */
            state: string;
            /** @description Its title. */
            title: string;
            /** @description `pack.type`. */
            type: string;
            /** @description When it last changed here. */
            updated_at: string;
            /** @description It is urgent. */
            urgent: boolean;
        };
        /** @description A record type. */
        RecordType: {
            /** @description Actions between states. */
            actions: components["schemas"]["Action"][];
            /** @description Key of the date field that says when it happened. */
            date?: string | null;
            /** @description Fields in the order of the form; a field of a repeat group names its group. */
            fields: components["schemas"]["Field"][];
            grain?: components["schemas"]["Grain"] | null;
            /** @description Its key within the pack. */
            key: string;
            /** @description Any number, or one per office and period. */
            kind: components["schemas"]["RecordKind"];
            /** @description Levels whose offices may own a record. */
            levels: components["schemas"]["Level"][];
            /** @description Key of the point field that places it on a map. */
            point?: string | null;
            /** @description Rules. */
            rules: components["schemas"]["Rule"][];
            /** @description Sections of the form: the steps on a phone. */
            sections: components["schemas"]["Section"][];
            /** @description States; the first is that of a new record. */
            states: components["schemas"]["State"][];
            /** @description Key of the field that names a record in lists. */
            title?: string | null;
            /** @description `pack.key`: how everything else names it. */
            type: string;
            urgent?: components["schemas"]["Expr"] | null;
        };
        /** @description A remark. */
        Remark: {
            /** @description Who. */
            author_name: string;
            /** @description In which office's name. */
            office_name: string;
            /** @description The text. */
            text: string;
            /** @description When. */
            time: string;
        };
        /** @description A cell sent back. */
        Return: {
            /** @description Which: `judul`, or `barang[2].jumlah`. */
            at: string;
            /** @description Why. */
            reason: string;
        };
        /** @description A cell that is sent back. */
        ReturnedCell: {
            /** @description Which: `judul`, or `barang[2].jumlah`. */
            at: string;
            /** @description Who sent it back. */
            by_name: string;
            /** @description Why. */
            reason: string;
            /** @description When. */
            time: string;
        };
        /** @description Why a device's key ends. */
        RevokeDevice: {
            /** @description Why, in words. */
            reason: string;
        };
        /** @description A role at an office, with its dates. */
        Role: {
            /** @description From this day. */
            from: string;
            /**
             * Format: int32
             * @description The office.
             */
            office: number;
            /** @description Its name. */
            office_name: string;
            /** @description The role. */
            role: string;
            /** @description Until the day before this. */
            until?: string | null;
        };
        /** @description A role at an office. */
        RoleAt: {
            /**
             * Format: int32
             * @description The office.
             */
            office: number;
            /** @description Its name today. */
            office_name: string;
            /** @description `operator`, `verifikator`, `analis`, `pimpinan`, `pengelola`, or a pack's own. */
            role: string;
        };
        /** @description A rule. */
        Rule: {
            /** @description Must not be false. */
            expr: components["schemas"]["Expr"];
            /** @description Keys of the fields that it is shown at. */
            fields: string[];
            /** @description Its key; its sentence is the message `rule.T.KEY`. */
            key: string;
            /** @description A warning can be confirmed; an error can't. */
            warning: boolean;
        };
        /** @description A section of a form. */
        Section: {
            /** @description Keys of its fields and groups, in order. */
            fields: string[];
            /** @description Its key; its title is the message `section.T.KEY`. */
            key: string;
        };
        /** @description A name and a password. */
        SignIn: {
            /** @description The name that one signs in with. */
            name: string;
            /** @description The password. */
            password: string;
        };
        /** @description A state of a workflow. */
        State: {
            /** @description Its records count as received. */
            counts: boolean;
            /** @description The owning office may change cells. */
            editable: boolean;
            /** @description Its key; its name is the message `state.T.KEY`. */
            key: string;
        };
        /**
         * @description One submission. `submission` in it is the idempotency key, 32 random hexadecimal digits made
         *     by the sender: sending it again gives the first receipt.
         */
        Submission: {
            /** @description Files a record. */
            create: components["schemas"]["Form"];
        } | {
            /** @description Changes cells of a record. */
            patch: components["schemas"]["Patch"];
        } | {
            /** @description Moves a record's workflow. */
            transition: components["schemas"]["Transition"];
        } | {
            /** @description Remarks on a record. */
            comment: components["schemas"]["Comment"];
        } | {
            /** @description Acknowledges a record in an office's name. */
            acknowledge: components["schemas"]["Acknowledge"];
        };
        /** @description Event `sync`: the sync with a peer stands otherwise; ask `/api/sync` again. At most two a second. */
        SyncEvent: Record<string, unknown>;
        /** @description What waits for a peer in one lane. */
        SyncLane: {
            /**
             * Format: int64
             * @description Operations that were sent and are not acknowledged.
             */
            in_flight_ops: number;
            /** @description The lane. */
            lane: components["schemas"]["LaneName"];
            /**
             * Format: int64
             * @description Since when the oldest of both is here, in milliseconds since 1970; of a lane with many
             *     streams, that of some.
             */
            oldest_ms?: number | null;
            /**
             * Format: int64
             * @description Operations that wait to be sent.
             */
            waiting_ops: number;
        };
        /** @description How the sync with one peer stands. */
        SyncPeer: {
            /**
             * Format: int64
             * @description Bytes per second of late, both ways.
             */
            bytes_per_second: number;
            /**
             * Format: int64
             * @description Operations exchanged of this round.
             */
            done_ops: number;
            /** @description What waits for it, most urgent first. */
            lanes: components["schemas"]["SyncLane"][];
            /**
             * Format: int64
             * @description When it was last heard, in milliseconds since 1970.
             */
            last_contact_ms?: number | null;
            office?: components["schemas"]["OfficeRef"] | null;
            reason?: components["schemas"]["Problem"] | null;
            /**
             * Format: int64
             * @description Bytes received since the node started.
             */
            received_bytes: number;
            /**
             * Format: int64
             * @description Bytes sent since the node started.
             */
            sent_bytes: number;
            /**
             * Format: int64
             * @description Since when it is in this state, in milliseconds since 1970.
             */
            since_ms: number;
            /** @description Whether there is a connection. */
            state: components["schemas"]["SyncState"];
            /**
             * Format: int64
             * @description Operations to exchange in this round.
             */
            total_ops: number;
            /** @description Where it is. */
            url: string;
        };
        /**
         * @description Whether there is a connection with a peer.
         * @enum {string}
         */
        SyncState: "connected" | "connecting" | "waiting" | "refused";
        /** @description How the sync with each of this node's peers stands. */
        SyncStatus: {
            /** @description The peers, by address. */
            peers: components["schemas"]["SyncPeer"][];
        };
        /** @description A text in both languages. */
        Text: {
            /** @description English. */
            en: string;
            /** @description Bahasa Indonesia. */
            id: string;
        };
        /** @description A move of the workflow. */
        Transition: {
            /** @description The action's key. */
            action: string;
            /** @description `content` of the record as the author saw it. */
            content: string;
            /** @description Reason or note. */
            reason?: string | null;
            /** @description The record. */
            record: string;
            /** @description Cells sent back. */
            returned?: components["schemas"]["Return"][];
            /** @description The idempotency key. */
            submission: string;
        };
        /** @description What an answer holds. */
        UpTo: {
            /**
             * Format: int64
             * @description The last moment at which something became known, in ms since 1970.
             */
            known_ms: number;
            /**
             * Format: int64
             * @description Everything up to this log position.
             */
            pos: number;
        };
        /** @description A list or dashboard. */
        View: {
            /** @description Column axes, of a figure. */
            columns: string[];
            /** @description Keys of the fields that are a list's columns. */
            fields: string[];
            /** @description Its key; its title is the message `view.KEY`. */
            key: string;
            /** @description List or figure. */
            kind: components["schemas"]["ViewKind"];
            /** @description Measures (`pack.key`), of a figure. */
            measures: string[];
            /** @description Row axes, of a figure. */
            rows: string[];
            /** @description `table`, `bars`, `series`, `tiles` or `value`, of a figure. */
            show?: string | null;
            /** @description `pack.type`, of a list. */
            type?: string | null;
        };
        /**
         * @description What a view shows.
         * @enum {string}
         */
        ViewKind: "list" | "figure";
        /** @description Operations that wait, by lane. */
        Waiting: {
            /**
             * Format: int64
             * @description References to photos and files.
             */
            blobs: number;
            /**
             * Format: int64
             * @description Circulars and instructions.
             */
            circulars: number;
            /**
             * Format: int64
             * @description Certificates, packs, offices.
             */
            control: number;
            /**
             * Format: int64
             * @description Reports.
             */
            forms: number;
            /**
             * Format: int64
             * @description Of all lanes.
             */
            total: number;
            /**
             * Format: int64
             * @description Incidents that can't wait.
             */
            urgent: number;
        };
        /**
         * @description Why a record waits for the reader.
         * @enum {string}
         */
        Why: "returned" | "to_verify" | "draft";
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    upload_blob: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Blob"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    get_blob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description BLAKE3 of the bytes, in hexadecimal */
                digest: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    get_blob_thumbnail: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description BLAKE3 of the photo, in hexadecimal */
                digest: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": string;
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    import_bundle: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BundleImported"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    get_bundle_file: {
        parameters: {
            query: {
                /** @description The office whose node will read it. */
                to: number;
                /** @description The file's number, from 1. */
                file: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    make_bundle: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BundleWanted"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BundleWaiting"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    list_devices: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Devices"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    enrol_device: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EnrolDevice"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceEnrolled"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    create_device_code: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewDevice"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceCode"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    get_device_kit: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/cbor": string;
                };
            };
            /** @description As it was */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    send_device_operations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/cbor": string;
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceAnswer"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    revoke_device: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The device */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RevokeDevice"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    stream_events: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    export_records: {
        parameters: {
            query: {
                /** @description `pack.type`. */
                type: string;
                /** @description Records of this office and those below it. */
                office?: number;
                /** @description Happened on this day or later. */
                from?: string;
                /** @description Happened on this day or earlier. */
                to?: string;
                /** @description `csv`, `xlsx` or `parquet`; CSV if absent. */
                format?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    ask_figure: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FigureQuery"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Figure"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    ask_lineage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LineageQuery"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Lineage"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    get_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    get_home: {
        parameters: {
            query?: {
                /** @description The office; the reader's own if absent. */
                office?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Home"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    start_import: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": components["schemas"]["ImportForm"];
            };
        };
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportStarted"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    get_import: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The job */
                job: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportJob"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    get_import_rejects: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The job */
                job: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
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
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    list_nodes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Nodes"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    list_offices: {
        parameters: {
            query?: {
                /** @description The date; today if absent. */
                on?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OfficeList"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    find_office: {
        parameters: {
            query: {
                /** @description Kemendagri code, BPS code, or a name as people write it. */
                q: string;
                /** @description The date; today if absent. */
                on?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FindAnswer"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    get_openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1 */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, unknown>;
                };
            };
        };
    };
    list_packs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PackRow"][];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    get_pack: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The pack's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pack"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    list_people: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["People"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    create_person: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPerson"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Person"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    set_password: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The person */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPassword"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    add_role: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The person */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRole"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    list_quarantine: {
        parameters: {
            query?: {
                /** @description Before this number: the `next` of the page before. */
                before?: number;
                /** @description Only what nobody has seen. */
                unseen?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QuarantinePage"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    get_quarantine: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its number */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QuarantineBytes"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    export_quarantine: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its number */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    mark_quarantine_seen: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its number */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QuarantineItem"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    list_records: {
        parameters: {
            query?: {
                /** @description `pack.type`; several with commas. */
                type?: string;
                /** @description Records of this office and those below it. */
                office?: number;
                /** @description Key of a state; several with commas. */
                state?: string;
                /** @description Words of the title. */
                q?: string;
                /** @description Happened on this day or later. */
                from?: string;
                /** @description Happened on this day or earlier. */
                to?: string;
                /** @description Only urgent ones (or only the others). */
                urgent?: boolean;
                /** @description Only with cells that were sent back (or only without). */
                returned?: boolean;
                /** @description `next` of the page before. */
                cursor?: string;
                /** @description Rows of a page, at most 200. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordPage"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    get_record: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The record's id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Record"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    submit: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Submission"];
            };
        };
        responses: {
            /** @description Had been kept before */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Receipt"];
                };
            };
            /** @description Kept */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Receipt"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
    get_sync: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SyncStatus"];
                };
            };
            /** @description Not done, and why */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDetails"];
                };
            };
        };
    };
}

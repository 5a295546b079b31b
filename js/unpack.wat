;; Undoes js/pack.ts: letters become bytes in place, and the streams that they are become a module behind them.
;; In WebAssembly, because a loop of JavaScript over so many letters takes longer than all the rest of an import.
;; Tables: 0 where each stream stands, 256 letters, 512 kinds of operands, 768 bytes by rank, 1024 last alignments.
(module
  (memory (export "memory") 1)
  (global $to (mut i32) (i32.const 0))

  ;; The next byte of a stream.
  (func $take (param $stream i32) (result i32)
    (local $at i32)
    (local.set $at (i32.load (i32.shl (local.get $stream) (i32.const 2))))
    (i32.store (i32.shl (local.get $stream) (i32.const 2)) (i32.add (local.get $at) (i32.const 1)))
    (i32.load8_u (local.get $at)))

  (func $put (param $byte i32)
    (i32.store8 (global.get $to) (local.get $byte))
    (global.set $to (i32.add (global.get $to) (i32.const 1))))

  (func $copy (param $stream i32) (param $bytes i32)
    (loop $next
      (if (local.get $bytes)
        (then
          (call $put (call $take (local.get $stream)))
          (local.set $bytes (i32.sub (local.get $bytes) (i32.const 1)))
          (br $next)))))

  ;; A number: bytes up to one below 128.
  (func $number (param $stream i32)
    (local $byte i32)
    (loop $next
      (call $put (local.tee $byte (call $take (local.get $stream))))
      (br_if $next (i32.ge_u (local.get $byte) (i32.const 128)))))

  (func $letters (param $end i32)
    (local $from i32)
    (local $to i32)
    (local $page i32)
    (local $letter i32)
    (local.set $from (i32.const 1280))
    (local.set $to (i32.const 1280))
    (loop $next
      (local.set $letter (i32.load8_u offset=256 (i32.load8_u (local.get $from))))
      (if (i32.ge_u (local.get $letter) (i32.const 128))
        (then (local.set $page (i32.mul (i32.sub (local.get $letter) (i32.const 127)) (i32.const 88))))
        (else
          (i32.store8 (local.get $to) (i32.load8_u offset=768 (i32.add (local.get $page) (local.get $letter))))
          (local.set $to (i32.add (local.get $to) (i32.const 1)))
          (local.set $page (i32.const 0))))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $from) (local.get $end)))))

  ;; One function: its locals, then instructions until its last block ends. Its length comes in front of it, which is
  ;; known only then.
  (func $function
    (local $start i32)
    (local $depth i32)
    (local $opcode i32)
    (local $kind i32)
    (local $length i32)
    (local.set $start (global.get $to))
    (global.set $to (i32.add (global.get $to) (i32.const 3)))
    (call $copy (i32.const 11) (call $take (i32.const 11)))
    (local.set $depth (i32.const 1))
    (loop $next
      (call $put (local.tee $opcode (call $take (i32.const 2))))
      (local.set $kind (i32.load8_u offset=512 (local.get $opcode)))
      (if (i32.eq (local.get $kind) (i32.const 255))
        (then (call $copy (i32.const 11) (call $take (i32.const 11))))
        (else (if (i32.eq (local.get $kind) (i32.const 1))
          (then
            (i32.store8 offset=1024 (local.get $opcode)
              (i32.xor (i32.load8_u offset=1024 (local.get $opcode)) (call $take (i32.const 3))))
            (call $put (i32.load8_u offset=1024 (local.get $opcode)))
            (call $number (i32.const 4)))
          (else (if (local.get $kind) (then (call $number (local.get $kind))))))))
      (if (i32.le_u (i32.sub (local.get $opcode) (i32.const 2)) (i32.const 2))
        (then (local.set $depth (i32.add (local.get $depth) (i32.const 1)))))
      (if (i32.eq (local.get $opcode) (i32.const 0x0b))
        (then (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))))
      (br_if $next (local.get $depth)))
    (local.set $length (i32.sub (i32.sub (global.get $to) (local.get $start)) (i32.const 3)))
    (global.set $to (local.get $start))
    (local.set $kind (local.get $length))
    (loop $more
      (if (i32.ge_u (local.get $kind) (i32.const 128))
        (then
          (call $put (i32.or (local.get $kind) (i32.const 128)))
          (local.set $kind (i32.shr_u (local.get $kind) (i32.const 7)))
          (br $more))))
    (call $put (local.get $kind))
    (memory.copy (global.get $to) (i32.add (local.get $start) (i32.const 3)) (local.get $length))
    (global.set $to (i32.add (global.get $to) (local.get $length))))

  (func (export "unpack") (param $end i32) (param $functions i32) (param $before i32) (param $after i32) (result i32)
    (call $letters (local.get $end))
    (global.set $to (local.get $end))
    (call $copy (i32.const 0) (local.get $before))
    (loop $next
      (call $function)
      (br_if $next (local.tee $functions (i32.sub (local.get $functions) (i32.const 1)))))
    (call $copy (i32.const 1) (local.get $after))
    (global.get $to)))

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls of the container runtime interface, in JSON.

	cri.py SOCKET

reads lines "METHOD REQUEST" and prints a line for each: the answer, or "!" and what the other side said
instead. One process for many calls, because its start takes longer than most of them. The types are those
of cri.proto. Debian's interpreter, because its packages have the libraries.
"""
import os
import subprocess
import sys
import tempfile

import grpc
from google.protobuf import descriptor_pb2, json_format, message_factory

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = 60


def read_types():
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["protoc", "-I", HERE, "--descriptor_set_out=" + out.name, "cri.proto"], check=True)
        return descriptor_pb2.FileDescriptorSet.FromString(out.read()).file


def methods():
    files = read_types()
    types = message_factory.GetMessages(files)
    return {m.name: (f"/{f.package}.{s.name}/{m.name}", types[m.input_type[1:]], types[m.output_type[1:]])
            for f in files for s in f.service for m in s.method}


def call(channel, method, request):
    path, asked, answered = method
    stub = channel.unary_unary(path, request_serializer=asked.SerializeToString, response_deserializer=answered.FromString)
    try:
        answer = stub(json_format.Parse(request, asked()), timeout=SECONDS)
    except (grpc.RpcError, json_format.ParseError) as e:
        text = f"{e.code().name}: {e.details()}" if isinstance(e, grpc.RpcError) else str(e)
        return "!" + text.replace("\n", " ")
    return json_format.MessageToJson(answer, preserving_proto_field_name=True, indent=None, including_default_value_fields=True)


def main():
    known = methods()
    with grpc.insecure_channel("unix://" + sys.argv[1]) as channel:
        for line in sys.stdin:
            name, request = line.split(None, 1)
            print(call(channel, known[name], request), flush=True)


main()

# Types for the compiler; the meaning of each attribute is in the module.

from ingress.filter.steps cimport Steps


cdef class Layers(Steps):
    cdef public tuple layers

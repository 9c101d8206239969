# hone_layer(NAME SOURCES a.cpp ... [DEPENDS layer ...] [LIBRARIES lib ...] [TESTS a_test.cpp ...])
#
# One static library per layer, linked only along the arrows of src/README.md, and one test program of its own.
function(hone_layer name)
  cmake_parse_arguments(LAYER "" "" "SOURCES;DEPENDS;LIBRARIES;TESTS" ${ARGN})
  add_library(hone_${name} STATIC ${LAYER_SOURCES})
  target_include_directories(hone_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
    $<INSTALL_INTERFACE:include>)
  foreach(dep ${LAYER_DEPENDS})
    target_link_libraries(hone_${name} PUBLIC hone_${dep})
  endforeach()
  target_link_libraries(hone_${name} PUBLIC ${LAYER_LIBRARIES})
  if(LAYER_TESTS AND HONE_TESTS)
    add_executable(${name}_test ${LAYER_TESTS})
    target_link_libraries(${name}_test PRIVATE hone_${name} GTest::gtest GTest::gmock GTest::gtest_main)
    add_test(NAME ${name} COMMAND ${name}_test)
  endif()
endfunction()
